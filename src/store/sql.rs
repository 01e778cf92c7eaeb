//! The durable store over SQL: one text for SQLite and PostgreSQL.

use super::{
    AccessTokenRecord, AuditRecord, Error, Holder, MAX_AUDIT_PAGE, PersonId, PortalRecord, Purpose, SessionPortal,
    SessionRecord, Store, Swept,
};
use crate::assurance::Identifier;
use crate::clock::UnixTime;
use async_trait::async_trait;
use data_encoding::HEXLOWER;
use rustix::fs::{FlockOperation, flock};
use sqlx::any::{AnyArguments, AnyPoolOptions, AnyRow};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::query::Query;
use sqlx::{Any, AnyPool, Row, SqlSafeStr};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// Schemes of which a person, or an organisation, has one number for life. A passport or identity card is replaced now
/// and then.
const PERMANENT: [&str; 3] = ["personal-number", "tax", "company-register"];

/// Readers beside the one writer.
const READERS: u32 = 4;
/// How long a statement waits for another process's write, in milliseconds.
const BUSY_TIMEOUT: &str = "PRAGMA busy_timeout = 10000";

/// A [`Store`] in an SQL database.
#[derive(Debug)]
pub struct SqlStore {
    /// Embedded databases have one writer anyway; a queue in the pool is fairer than spinning on the file's lock.
    write: AnyPool,
    read: AnyPool,
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Backend(Box::new(error))
    }
}

fn migrator() -> Migrator {
    let initial = include_str!("migrations/0001_initial.sql");
    Migrator::with_migrations(vec![Migration::new(
        1,
        "initial".into(),
        MigrationType::Simple,
        initial.into_sql_str(),
        false,
    )])
}

fn embedded(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new().max_connections(connections).idle_timeout(None).max_lifetime(None).after_connect(
        |connection, _| {
            Box::pin(async move {
                // The timeout first: changing the journal mode itself waits for a lock.
                for pragma in [BUSY_TIMEOUT, "PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"] {
                    sqlx::query(pragma).execute(&mut *connection).await?;
                }
                Ok(())
            })
        },
    )
}

impl SqlStore {
    /// Opens the SQLite database of this file, creates it with mode 0600 where there is none, and brings its schema
    /// up to date. Several processes may hold it open.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Exposed`], [`Error::Schema`], [`Error::Backend`].
    pub async fn open(path: &Path) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let path = path.to_owned();
        let prepared = tokio::task::spawn_blocking(move || prepare(&path)).await;
        let (url, lock) = prepared.map_err(|error| Error::Backend(Box::new(error)))??;
        let write = embedded(1).connect(&url).await?;
        migrator().run(&write).await.map_err(|error| Error::Schema(Box::new(error)))?;
        drop(lock);
        let read = embedded(READERS).min_connections(1).connect(&url).await?;
        Ok(Self { write, read })
    }

    /// A database in memory, which is gone with the value.
    ///
    /// # Errors
    /// [`Error::Schema`], [`Error::Backend`].
    pub async fn in_memory() -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        // One connection: each connection to `:memory:` is a database of its own.
        let pool = embedded(1).connect("sqlite::memory:").await?;
        migrator().run(&pool).await.map_err(|error| Error::Schema(Box::new(error)))?;
        Ok(Self { write: pool.clone(), read: pool })
    }

    /// Closes all connections; what follows fails.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// Creates the file, looks at its mode, and takes the lock under which processes that start at the same moment bring
/// the schema up to date one after another. The lock is the folder's: to close any handle of the database itself
/// would drop the locks SQLite holds on it.
fn prepare(path: &Path) -> Result<(String, File), Error> {
    let open = |source| Error::Open { path: path.to_owned(), source };
    let absolute = std::path::absolute(path).map_err(open)?;
    let folder = absolute.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned);
    let lock = File::open(folder).map_err(open)?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|error| open(error.into()))?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&absolute) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(open(error)),
    }
    let mode = std::fs::metadata(&absolute).map_err(open)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(Error::Exposed { path: path.to_owned(), mode });
    }
    // The URL's own encoding of the path, so that a question mark in a folder's name is not a parameter.
    let file = Url::from_file_path(&absolute).map_err(|()| open(std::io::ErrorKind::InvalidInput.into()))?;
    Ok((format!("sqlite://{}?mode=rw", file.path()), lock))
}

fn query(sql: &'static str) -> Query<'static, Any, AnyArguments> {
    sqlx::query(sql)
}

fn hex(hash: &[u8; 32]) -> String {
    HEXLOWER.encode(hash)
}

fn unhex(text: &str, kind: &'static str) -> Result<[u8; 32], Error> {
    let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| Error::Corrupt { kind })?;
    bytes.try_into().map_err(|_| Error::Corrupt { kind })
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

fn portal(row: &AnyRow) -> Result<PortalRecord, Error> {
    Ok(PortalRecord { client_id: row.try_get(0)?, document: row.try_get(1)? })
}

fn session(row: &AnyRow) -> Result<SessionRecord, Error> {
    Ok(SessionRecord {
        hash: unhex(row.try_get(0)?, "session")?,
        sid: row.try_get(1)?,
        person: PersonId(row.try_get(2)?),
        created: UnixTime(row.try_get(3)?),
        used: UnixTime(row.try_get(4)?),
        idle: Duration::from_secs(u64::try_from(row.try_get::<i64, _>(5)?).unwrap_or(0)),
        expires: UnixTime(row.try_get(6)?),
        document: row.try_get(7)?,
    })
}

fn audit(row: &AnyRow) -> Result<AuditRecord, Error> {
    Ok(AuditRecord {
        at: UnixTime(row.try_get(0)?),
        incident: row.try_get(1)?,
        kind: row.try_get(2)?,
        document: row.try_get(3)?,
    })
}

#[async_trait]
impl Store for SqlStore {
    async fn insert_spent(&self, purpose: Purpose, hash: &[u8; 32], expires: UnixTime) -> Result<bool, Error> {
        let sql = "INSERT INTO spent (purpose, hash, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let done = query(sql).bind(purpose.word()).bind(hex(hash)).bind(expires.0).execute(&self.write).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn read_spent(&self, purpose: Purpose, hash: &[u8; 32]) -> Result<bool, Error> {
        let sql = "SELECT expires_at FROM spent WHERE purpose = $1 AND hash = $2";
        Ok(query(sql).bind(purpose.word()).bind(hex(hash)).fetch_optional(&self.read).await?.is_some())
    }

    async fn add_portal(&self, portal: &PortalRecord) -> Result<bool, Error> {
        let sql = "INSERT INTO portals (client_id, document) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let add = query(sql).bind(portal.client_id.clone()).bind(portal.document.clone());
        Ok(add.execute(&self.write).await?.rows_affected() == 1)
    }

    async fn replace_portal(&self, portal: &PortalRecord) -> Result<bool, Error> {
        let sql = "UPDATE portals SET document = $2 WHERE client_id = $1";
        let replace = query(sql).bind(portal.client_id.clone()).bind(portal.document.clone());
        Ok(replace.execute(&self.write).await?.rows_affected() == 1)
    }

    async fn remove_portal(&self, client_id: &str) -> Result<bool, Error> {
        let mut transaction = self.write.begin().await?;
        let removed = query("DELETE FROM portals WHERE client_id = $1").bind(client_id.to_owned());
        let removed = removed.execute(&mut *transaction).await?.rows_affected() == 1;
        for sql in
            ["DELETE FROM access_tokens WHERE client_id = $1", "DELETE FROM session_portals WHERE client_id = $1"]
        {
            query(sql).bind(client_id.to_owned()).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(removed)
    }

    async fn portal(&self, client_id: &str) -> Result<Option<PortalRecord>, Error> {
        let sql = "SELECT client_id, document FROM portals WHERE client_id = $1";
        query(sql).bind(client_id.to_owned()).fetch_optional(&self.read).await?.as_ref().map(portal).transpose()
    }

    async fn portals(&self) -> Result<Vec<PortalRecord>, Error> {
        let rows = query("SELECT client_id, document FROM portals ORDER BY client_id").fetch_all(&self.read).await?;
        rows.iter().map(portal).collect()
    }

    async fn resolve_person(
        &self,
        holder: Holder,
        identifiers: &[&Identifier],
        fresh: PersonId,
    ) -> Result<PersonId, Error> {
        let insert = "INSERT INTO person_identifiers (holder, scheme, country, value, person) \
                      VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        let select = "SELECT person FROM person_identifiers \
                      WHERE holder = $1 AND scheme = $2 AND country = $3 AND value = $4";
        let bound = |statement, identifier: &Identifier| {
            query(statement)
                .bind(holder.word())
                .bind(identifier.scheme.0.clone())
                .bind(identifier.country.clone())
                .bind(identifier.value.clone())
        };
        // Most people have been here before, and looking is cheaper than writing. What a reader sees stands; what it does
        // not see yet is settled below.
        let mut seen = Vec::new();
        for identifier in identifiers {
            let row = bound(select, identifier).fetch_optional(&self.read).await?;
            seen.push(row.map(|row| row.try_get::<String, _>(0)).transpose()?);
        }
        if let [Some(first), rest @ ..] = seen.as_slice()
            && rest.iter().all(|other| other.as_ref() == Some(first))
        {
            return Ok(PersonId(first.clone()));
        }
        // Claim every identifier for the newcomer first, look afterwards who has them: the first statement takes the
        // write lock (SQLite) or waits for whoever inserts the same row (PostgreSQL), so nothing comes in between.
        let mut transaction = self.write.begin().await?;
        for identifier in identifiers {
            bound(insert, identifier).bind(fresh.0.clone()).execute(&mut *transaction).await?;
        }
        let mut known = Vec::new();
        for identifier in identifiers {
            known.push(bound(select, identifier).fetch_one(&mut *transaction).await?.try_get::<String, _>(0)?);
        }
        known.retain(|person| *person != fresh.0);
        known.sort();
        known.dedup();
        let person = match known.as_slice() {
            [] => fresh,
            [known] => {
                // One personal or tax number too many: two people whom one number confuses, by a CA's mistake or worse.
                let contradict = "SELECT COUNT(*) FROM person_identifiers WHERE holder = $1 AND scheme = $2 \
                                  AND country = $3 AND value <> $4 AND person = $5";
                for identifier in identifiers.iter().filter(|one| PERMANENT.contains(&one.scheme.0.as_str())) {
                    let others = bound(contradict, identifier).bind(known.clone());
                    if others.fetch_one(&mut *transaction).await?.try_get::<i64, _>(0)? > 0 {
                        transaction.rollback().await?;
                        return Err(Error::IdentifierConflict { persons: 2 });
                    }
                }
                let adopt = "UPDATE person_identifiers SET person = $1 WHERE person = $2";
                query(adopt).bind(known.clone()).bind(fresh.0).execute(&mut *transaction).await?;
                PersonId(known.clone())
            }
            several => {
                let persons = several.len();
                transaction.rollback().await?;
                return Err(Error::IdentifierConflict { persons });
            }
        };
        transaction.commit().await?;
        Ok(person)
    }

    async fn resolve_subject(&self, person: &PersonId, sector: &str, fresh: String) -> Result<String, Error> {
        let select = "SELECT subject FROM pairwise_subjects WHERE person = $1 AND sector = $2";
        let known = query(select).bind(person.0.clone()).bind(sector.to_owned()).fetch_optional(&self.read).await?;
        if let Some(row) = known {
            return Ok(row.try_get(0)?);
        }
        let insert =
            "INSERT INTO pairwise_subjects (person, sector, subject) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        query(insert).bind(person.0.clone()).bind(sector.to_owned()).bind(fresh).execute(&self.write).await?;
        // From the writer's side, so that it is seen whatever the reader's snapshot.
        let row = query(select).bind(person.0.clone()).bind(sector.to_owned()).fetch_one(&self.write).await?;
        Ok(row.try_get(0)?)
    }

    async fn insert_session(&self, session: &SessionRecord) -> Result<(), Error> {
        let sql = "INSERT INTO sessions (hash, sid, person, created_at, used_at, idle_seconds, expires_at, document) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        query(sql)
            .bind(hex(&session.hash))
            .bind(session.sid.clone())
            .bind(session.person.0.clone())
            .bind(session.created.0)
            .bind(session.used.0)
            .bind(seconds(session.idle))
            .bind(session.expires.0)
            .bind(session.document.clone())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    async fn read_session(&self, hash: &[u8; 32]) -> Result<Option<SessionRecord>, Error> {
        let sql = "SELECT hash, sid, person, created_at, used_at, idle_seconds, expires_at, document \
                   FROM sessions WHERE hash = $1";
        query(sql).bind(hex(hash)).fetch_optional(&self.read).await?.as_ref().map(session).transpose()
    }

    async fn read_session_by_sid(&self, sid: &str) -> Result<Option<SessionRecord>, Error> {
        let sql = "SELECT hash, sid, person, created_at, used_at, idle_seconds, expires_at, document \
                   FROM sessions WHERE sid = $1";
        query(sql).bind(sid.to_owned()).fetch_optional(&self.read).await?.as_ref().map(session).transpose()
    }

    async fn read_sessions_of(&self, person: &PersonId) -> Result<Vec<SessionRecord>, Error> {
        let sql = "SELECT hash, sid, person, created_at, used_at, idle_seconds, expires_at, document \
                   FROM sessions WHERE person = $1 ORDER BY created_at DESC, sid";
        query(sql).bind(person.0.clone()).fetch_all(&self.read).await?.iter().map(session).collect()
    }

    async fn touch_session(&self, hash: &[u8; 32], used: UnixTime) -> Result<(), Error> {
        let sql = "UPDATE sessions SET used_at = $2 WHERE hash = $1 AND used_at < $2";
        query(sql).bind(hex(hash)).bind(used.0).execute(&self.write).await?;
        Ok(())
    }

    async fn end_session(&self, hash: &[u8; 32]) -> Result<bool, Error> {
        let mut transaction = self.write.begin().await?;
        for sql in [
            "DELETE FROM access_tokens WHERE sid IN (SELECT sid FROM sessions WHERE hash = $1)",
            "DELETE FROM session_portals WHERE sid IN (SELECT sid FROM sessions WHERE hash = $1)",
        ] {
            query(sql).bind(hex(hash)).execute(&mut *transaction).await?;
        }
        let ended = query("DELETE FROM sessions WHERE hash = $1").bind(hex(hash)).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(ended.rows_affected() == 1)
    }

    async fn record_session_portal(&self, sid: &str, client_id: &str, now: UnixTime) -> Result<(), Error> {
        let sql = "INSERT INTO session_portals (sid, client_id, first_used_at, used_at) VALUES ($1, $2, $3, $3) \
                   ON CONFLICT (sid, client_id) DO UPDATE SET used_at = excluded.used_at";
        query(sql).bind(sid.to_owned()).bind(client_id.to_owned()).bind(now.0).execute(&self.write).await?;
        Ok(())
    }

    async fn session_portals(&self, sid: &str) -> Result<Vec<SessionPortal>, Error> {
        let sql = "SELECT client_id, first_used_at, used_at FROM session_portals WHERE sid = $1 \
                   ORDER BY first_used_at, client_id";
        let rows = query(sql).bind(sid.to_owned()).fetch_all(&self.read).await?;
        rows.iter()
            .map(|row| {
                Ok(SessionPortal {
                    client_id: row.try_get(0)?,
                    first_used: UnixTime(row.try_get(1)?),
                    used: UnixTime(row.try_get(2)?),
                })
            })
            .collect()
    }

    async fn insert_access_token(&self, token: &AccessTokenRecord) -> Result<(), Error> {
        let sql = "INSERT INTO access_tokens (hash, family, sid, client_id, expires_at, document) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        query(sql)
            .bind(hex(&token.hash))
            .bind(hex(&token.family))
            .bind(token.sid.clone())
            .bind(token.client_id.clone())
            .bind(token.expires.0)
            .bind(token.document.clone())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    async fn read_access_token(&self, hash: &[u8; 32]) -> Result<Option<AccessTokenRecord>, Error> {
        let sql = "SELECT hash, family, sid, client_id, expires_at, document FROM access_tokens WHERE hash = $1";
        let Some(row) = query(sql).bind(hex(hash)).fetch_optional(&self.read).await? else { return Ok(None) };
        Ok(Some(AccessTokenRecord {
            hash: unhex(row.try_get(0)?, "access token")?,
            family: unhex(row.try_get(1)?, "access token")?,
            sid: row.try_get(2)?,
            client_id: row.try_get(3)?,
            expires: UnixTime(row.try_get(4)?),
            document: row.try_get(5)?,
        }))
    }

    async fn delete_access_tokens(&self, family: &[u8; 32]) -> Result<u64, Error> {
        let delete = query("DELETE FROM access_tokens WHERE family = $1").bind(hex(family));
        Ok(delete.execute(&self.write).await?.rows_affected())
    }

    async fn append_audit(&self, record: &AuditRecord) -> Result<(), Error> {
        // A number without gaps that both databases can give. Where writers do not wait for each other one of two
        // may find its number taken; it takes the next.
        let sql = "INSERT INTO audit (sequence, recorded_at, incident, kind, document) \
                   SELECT COALESCE(MAX(sequence), 0) + 1, $1, $2, $3, $4 FROM audit WHERE true \
                   ON CONFLICT DO NOTHING";
        loop {
            let append = query(sql)
                .bind(record.at.0)
                .bind(record.incident.clone())
                .bind(record.kind.clone())
                .bind(record.document.clone());
            if append.execute(&self.write).await?.rows_affected() == 1 {
                return Ok(());
            }
        }
    }

    async fn read_audit(&self, limit: u32) -> Result<Vec<AuditRecord>, Error> {
        let sql = "SELECT recorded_at, incident, kind, document FROM audit \
                   ORDER BY sequence DESC LIMIT $1";
        query(sql).bind(i64::from(limit)).fetch_all(&self.read).await?.iter().map(audit).collect()
    }

    async fn audit_of(&self, incident: &str) -> Result<Vec<AuditRecord>, Error> {
        let sql = "SELECT recorded_at, incident, kind, document FROM audit WHERE incident = $1 \
                   ORDER BY sequence LIMIT $2";
        let rows = query(sql).bind(incident.to_owned()).bind(i64::from(MAX_AUDIT_PAGE)).fetch_all(&self.read).await?;
        rows.iter().map(audit).collect()
    }

    async fn sweep(&self, now: UnixTime) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        for (count, sql) in [
            (&mut swept.spent, "DELETE FROM spent WHERE expires_at <= $1"),
            (&mut swept.sessions, "DELETE FROM sessions WHERE expires_at <= $1 OR used_at + idle_seconds <= $1"),
            (&mut swept.access_tokens, "DELETE FROM access_tokens WHERE expires_at <= $1"),
        ] {
            *count = query(sql).bind(now.0).execute(&self.write).await?.rows_affected();
        }
        query("DELETE FROM session_portals WHERE sid NOT IN (SELECT sid FROM sessions)").execute(&self.write).await?;
        Ok(swept)
    }
}
