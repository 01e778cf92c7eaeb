//! The certificate inside a PIV certificate object (SP 800-73 part 1, table 10 and appendix A).

use super::error::{Error, Malformed};
use super::tlv::Reader;
use flate2::read::GzDecoder;
use std::io::Read;

/// The most bytes a certificate may have, inflated.
pub const MAX_CERTIFICATE: usize = 16 * 1024;
/// CertInfo: bit that says the certificate is compressed (RFC 1952).
const COMPRESSED: u8 = 0x01;

/// The DER out of `53 { 70 certificate | 71 info | FE }`; `None` when the object is there but holds no certificate.
pub fn from_object(object: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let content = Reader::new(object)?.need(0x53)?.children()?;
    let Some(certificate) = content.clone().find(0x70)? else { return Ok(None) };
    let info = content.find(0x71)?.and_then(|info| info.value.first().copied()).unwrap_or(0);
    let der = if info & COMPRESSED == 0 { certificate.value.to_vec() } else { inflate(certificate.value)? };
    if der.len() > MAX_CERTIFICATE {
        return Err(Error::AnswerTooLong { limit: MAX_CERTIFICATE });
    }
    Ok(Some(der).filter(|der| !der.is_empty()))
}

fn inflate(compressed: &[u8]) -> Result<Vec<u8>, Error> {
    let mut der = Vec::new();
    // One byte beyond the limit tells "too long" from "just fits"; nothing more is ever inflated.
    let limit = u64::try_from(MAX_CERTIFICATE).unwrap_or(u64::MAX).saturating_add(1);
    GzDecoder::new(compressed)
        .take(limit)
        .read_to_end(&mut der)
        .map_err(|_| Error::AnswerMalformed(Malformed::Compression))?;
    Ok(der)
}

#[cfg(test)]
mod tests {
    use super::super::tlv::element;
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use std::io::Write;

    fn object(info: u8, certificate: &[u8]) -> Vec<u8> {
        element(0x53, &[element(0x70, certificate), element(0x71, &[info]), element(0xFE, &[])].concat())
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn plain_and_compressed_read_the_same() {
        let der = vec![0x30; 1500];
        assert_eq!(from_object(&object(0x00, &der)), Ok(Some(der.clone())));
        assert_eq!(from_object(&object(0x01, &gzip(&der))), Ok(Some(der)));
        assert_eq!(from_object(&object(0x00, &[])), Ok(None));
        assert_eq!(from_object(&element(0x53, &[])), Ok(None));
    }

    #[test]
    fn a_bomb_is_not_inflated_beyond_the_limit() {
        assert_eq!(
            from_object(&object(1, &gzip(&vec![0; MAX_CERTIFICATE]))).map(|der| der.map(|d| d.len())),
            Ok(Some(MAX_CERTIFICATE))
        );
        let bomb = gzip(&vec![0; 8 << 20]);
        assert!(bomb.len() < 16 * 1024);
        assert_eq!(from_object(&object(1, &bomb)), Err(Error::AnswerTooLong { limit: MAX_CERTIFICATE }));
    }

    #[test]
    fn broken_compression_is_named() {
        let mut cut = gzip(&[0x30; 500]);
        cut.truncate(cut.len() - 6);
        assert_eq!(from_object(&object(1, &cut)), Err(Error::AnswerMalformed(Malformed::Compression)));
        assert_eq!(from_object(&object(1, b"plain")), Err(Error::AnswerMalformed(Malformed::Compression)));
    }

    proptest! {
        #[test]
        fn no_object_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = from_object(&bytes);
            let _ = from_object(&object(1, &bytes));
        }
    }
}
