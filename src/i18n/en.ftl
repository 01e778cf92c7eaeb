### Shared by the gateway's pages and the agent

tries-left = { $count ->
    [one] { $count } try left
   *[other] { $count } tries left
}
level-self = stated by the person
level-low = low
level-substantial = substantial
level-high = high
incident = Incident number: { $incident }
support = Help: { $support }

### Refusals of an authentication token

refused-unknown = Sign-in was refused.
    .next = Go back to the portal and try again. If it happens again, call support and give the incident number.
refused-nonce_malformed = The sign-in data was damaged on the way.
    .next = Go back to the portal and start again.
refused-nonce_spent = The time to sign has run out, or this sign-in was already used.
    .next = Go back to the portal and start again. You have two minutes after typing the PIN.
refused-origin_malformed = The gateway's address is not valid.
    .next = Tell the portal's support.
refused-token_length = The data from your computer has the wrong size.
    .next = Update Brama agent on this computer and try again.
refused-token_malformed = The data from your computer could not be read.
    .next = Update Brama agent on this computer and try again.
refused-token_format = This version of the sign-in program is not supported.
    .next = Update Brama agent on this computer and try again.
refused-certificate_encoding = The certificate on your token could not be read.
    .next = Ask the authority that issued the token to check it.
refused-signature_encoding = The signature made by your token could not be read.
    .next = Take the token out, put it in again and try once more.
refused-algorithm_unknown = Your token signs in a way this service does not accept.
    .next = Choose another certificate, or ask the authority that issued the token for a newer one.
refused-algorithm_mismatch = The signature does not fit the certificate.
    .next = Choose another certificate, or ask the authority that issued the token to check it.
refused-signature_invalid = The signature does not hold for this site.
    .next = Go back to the portal and start again. If it happens again, do not type your PIN and call support.
