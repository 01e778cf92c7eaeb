-- One text for SQLite and PostgreSQL: TEXT and BIGINT only, times in seconds since 1970, hashes in hexadecimal,
-- no NULL. Nothing here is a secret in the clear: what gives a right to its holder is stored as its hash.

CREATE TABLE spent (
    purpose TEXT NOT NULL,
    hash TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (purpose, hash)
);
CREATE INDEX spent_by_expiry ON spent (expires_at);

CREATE TABLE portals (
    client_id TEXT NOT NULL PRIMARY KEY,
    document TEXT NOT NULL
);

CREATE TABLE person_identifiers (
    holder TEXT NOT NULL,
    scheme TEXT NOT NULL,
    country TEXT NOT NULL,
    value TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (holder, scheme, country, value)
);
CREATE INDEX person_identifiers_by_person ON person_identifiers (person);

CREATE TABLE pairwise_subjects (
    person TEXT NOT NULL,
    sector TEXT NOT NULL,
    subject TEXT NOT NULL UNIQUE,
    PRIMARY KEY (person, sector)
);

CREATE TABLE sessions (
    hash TEXT NOT NULL PRIMARY KEY,
    sid TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    idle_seconds BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX sessions_by_person ON sessions (person);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE session_portals (
    sid TEXT NOT NULL,
    client_id TEXT NOT NULL,
    first_used_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (sid, client_id)
);

CREATE TABLE access_tokens (
    hash TEXT NOT NULL PRIMARY KEY,
    family TEXT NOT NULL,
    sid TEXT NOT NULL,
    client_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX access_tokens_by_family ON access_tokens (family);
CREATE INDEX access_tokens_by_session ON access_tokens (sid);
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

CREATE TABLE audit (
    sequence BIGINT NOT NULL PRIMARY KEY,
    recorded_at BIGINT NOT NULL,
    incident TEXT NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX audit_by_incident ON audit (incident);
