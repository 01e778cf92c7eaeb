//! One contract, run over every backend of the durable and of the short-lived store.

use brama::assurance::{Identifier, Scheme};
use brama::clock::UnixTime;
use brama::rng::SystemRng;
use brama::store::{
    AccessTokenRecord, AuditRecord, Cache, CacheExt, Error, Holder, Kept, Key, MAX_VALUE, MemoryCache, MemoryLimits,
    PersonId, PortalRecord, Purpose, SessionRecord, Spent, SqlStore, Store, Swept,
};
use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const NOW: UnixTime = UnixTime(1_800_000_000);

fn later(seconds: u64) -> UnixTime {
    NOW.plus(Duration::from_secs(seconds))
}

/// A backend under test, with what it needs to stay alive.
struct Backend {
    name: &'static str,
    store: Arc<dyn Store>,
    _folder: Option<TempDir>,
}

async fn backends() -> Vec<Backend> {
    let folder = TempDir::new().expect("folder");
    // A name that would be misread if it went into an address as it stands.
    let file = SqlStore::open(&folder.path().join("brama 100%?.db")).await.expect("opens");
    let memory = SqlStore::in_memory().await.expect("opens");
    vec![
        Backend { name: "memory", store: Arc::new(memory), _folder: None },
        Backend { name: "file", store: Arc::new(file), _folder: Some(folder) },
    ]
}

fn identifier(scheme: &str, value: &str) -> Identifier {
    Identifier { scheme: Scheme(scheme.to_owned()), country: "BY".to_owned(), value: value.to_owned() }
}

fn session(byte: u8, person: &PersonId) -> SessionRecord {
    SessionRecord {
        hash: [byte; 32],
        sid: format!("sid-{byte}"),
        person: person.clone(),
        created: later(byte.into()),
        used: later(byte.into()),
        idle: Duration::from_secs(900),
        expires: later(28_800),
        document: "{}".to_owned(),
    }
}

fn access_token(byte: u8, family: u8, sid: &str) -> AccessTokenRecord {
    AccessTokenRecord {
        hash: [byte; 32],
        family: [family; 32],
        sid: sid.to_owned(),
        client_id: "portal".to_owned(),
        expires: later(600),
        document: "{}".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_who_spend_one_hash_one_is_first() {
    for backend in backends().await {
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let store = Arc::clone(&backend.store);
                tokio::spawn(async move { store.spend(Purpose::Nonce, [7; 32], later(120)).await.expect("answers") })
            })
            .collect();
        let mut first = 0;
        for task in tasks {
            first += usize::from(task.await.expect("runs") == Spent::First);
        }
        assert_eq!(first, 1, "{}", backend.name);
        let other = backend.store.spend(Purpose::Code, [7; 32], later(120)).await.expect("answers");
        assert_eq!(other, Spent::First, "{}: another purpose is another thing", backend.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_one_judge() {
    let folder = TempDir::new().expect("folder");
    let path = folder.path().join("brama.db");
    // Both open at once a database that is not there yet.
    let (one, two) = tokio::join!(SqlStore::open(&path), SqlStore::open(&path));
    let stores = [Arc::new(one.expect("opens")), Arc::new(two.expect("opens"))];
    let mut tasks = Vec::new();
    for number in 0_u8..25 {
        for store in &stores {
            let store = Arc::clone(store);
            tasks.push(tokio::spawn(async move {
                (number, store.spend(Purpose::Handle, [number; 32], later(120)).await.expect("answers"))
            }));
        }
    }
    let mut first = HashSet::new();
    for task in tasks {
        let (number, spent) = task.await.expect("runs");
        if spent == Spent::First {
            assert!(first.insert(number), "{number} was first twice");
        }
    }
    assert_eq!(first.len(), 25);
}

#[tokio::test]
async fn a_closed_database_opens_with_everything_in_it() {
    let folder = TempDir::new().expect("folder");
    let path = folder.path().join("brama.db");
    let portal = PortalRecord { client_id: "portal".to_owned(), document: r#"{"a":1}"#.to_owned() };
    let random = SystemRng::default();
    let known = [identifier("personal-number", "1")];
    let store = SqlStore::open(&path).await.expect("opens");
    assert!(store.add_portal(&portal).await.expect("adds"));
    let person = store.person(Holder::Person, &known, &random).await.expect("finds");
    let subject = store.subject(&person, "portal.example", &random).await.expect("finds");
    store.insert_session(&session(1, &person)).await.expect("keeps");
    assert_eq!(store.spend(Purpose::Code, [1; 32], later(60)).await.expect("answers"), Spent::First);
    // Dropped, not closed: a killed process says no goodbye either.
    drop(store);

    let store = SqlStore::open(&path).await.expect("opens again");
    assert_eq!(store.portal("portal").await.expect("reads"), Some(portal));
    assert_eq!(store.person(Holder::Person, &known, &random).await.expect("finds"), person);
    assert_eq!(store.subject(&person, "portal.example", &random).await.expect("finds"), subject);
    assert_eq!(store.session(&[1; 32], later(5)).await.expect("reads"), Some(session(1, &person)));
    assert_eq!(store.spend(Purpose::Code, [1; 32], later(60)).await.expect("answers"), Spent::Again);
}

#[tokio::test]
async fn the_file_is_its_owners_alone() {
    let folder = TempDir::new().expect("folder");
    let path = folder.path().join("brama.db");
    let store = SqlStore::open(&path).await.expect("opens");
    assert!(
        store.add_portal(&PortalRecord { client_id: "a".to_owned(), document: String::new() }).await.expect("adds")
    );
    assert!(folder.path().join("brama.db-wal").exists(), "the write-ahead log is on");
    for entry in std::fs::read_dir(folder.path()).expect("lists") {
        let entry = entry.expect("entry");
        let mode = entry.metadata().expect("metadata").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
    store.close().await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("changes");
    let refused = SqlStore::open(&path).await.expect_err("refuses");
    assert!(matches!(refused, Error::Exposed { mode: 0o640, .. }), "{refused}");
    let missing = SqlStore::open(&folder.path().join("absent/brama.db")).await.expect_err("refuses");
    assert_eq!(missing.code(), "store_open");
}

#[tokio::test]
async fn portals_are_added_replaced_removed_and_listed() {
    for Backend { name, store, .. } in backends().await {
        let record = |client_id: &str, document: &str| PortalRecord {
            client_id: client_id.to_owned(),
            document: document.to_owned(),
        };
        assert!(store.add_portal(&record("b", "1")).await.expect("adds"), "{name}");
        assert!(!store.add_portal(&record("b", "2")).await.expect("answers"), "{name}: taken");
        assert!(store.add_portal(&record("a", "1")).await.expect("adds"), "{name}");
        assert!(store.replace_portal(&record("b", "3")).await.expect("replaces"), "{name}");
        assert!(!store.replace_portal(&record("c", "3")).await.expect("answers"), "{name}: absent");
        assert_eq!(store.portals().await.expect("lists"), [record("a", "1"), record("b", "3")], "{name}");
        store
            .insert_access_token(&AccessTokenRecord { client_id: "b".to_owned(), ..access_token(1, 1, "s") })
            .await
            .expect("keeps");
        assert!(store.remove_portal("b").await.expect("removes"), "{name}");
        assert!(!store.remove_portal("b").await.expect("answers"), "{name}: gone");
        assert_eq!(store.portal("b").await.expect("reads"), None, "{name}");
        assert_eq!(store.access_token(&[1; 32], NOW).await.expect("reads"), None, "{name}: its token is gone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_identifiers_of_somebody_name_one_person() {
    let random = SystemRng::default();
    for Backend { name, store, .. } in backends().await {
        let (number, passport, tax) =
            (identifier("personal-number", "1"), identifier("passport", "2"), identifier("tax", "3"));
        let find = |holder, identifiers: Vec<Identifier>| {
            let (store, random) = (&store, &random);
            async move { store.person(holder, &identifiers, random).await }
        };
        let person = find(Holder::Person, vec![number.clone(), passport.clone()]).await.expect("makes");
        assert_eq!(find(Holder::Person, vec![passport.clone()]).await.expect("finds"), person, "{name}");
        assert_eq!(find(Holder::Person, vec![tax.clone(), number.clone()]).await.expect("finds"), person, "{name}");
        assert_eq!(find(Holder::Person, vec![tax.clone()]).await.expect("finds"), person, "{name}: learnt");
        let company = find(Holder::Organisation, vec![tax.clone()]).await.expect("makes");
        assert_ne!(company, person, "{name}: a company with the same number is somebody else");

        let other = find(Holder::Person, vec![identifier("tax", "4")]).await.expect("makes");
        assert_ne!(other, person, "{name}");
        let unknown = identifier("passport", "5");
        let conflict = find(Holder::Person, vec![tax, identifier("tax", "4"), unknown.clone()]).await;
        assert!(matches!(conflict, Err(Error::IdentifierConflict { persons: 2 })), "{name}");
        let third = find(Holder::Person, vec![unknown]).await.expect("makes");
        assert!(third != person && third != other, "{name}: a conflict changes nothing");

        // One number in common does not make one person of two.
        let stranger = vec![identifier("personal-number", "9"), passport.clone()];
        let taken = find(Holder::Person, stranger).await;
        assert!(matches!(taken, Err(Error::IdentifierConflict { persons: 2 })), "{name}: {taken:?}");
        let stranger = find(Holder::Person, vec![identifier("personal-number", "9")]).await.expect("makes");
        assert_ne!(stranger, person, "{name}");
        let renewed = vec![number, identifier("passport", "8")];
        assert_eq!(find(Holder::Person, renewed).await.expect("finds"), person, "{name}: passports are replaced");

        assert!(matches!(find(Holder::Person, vec![]).await, Err(Error::IdentifierMissing)), "{name}");
        let many = (0..17).map(|value| identifier("tax", &value.to_string())).collect();
        assert!(matches!(find(Holder::Person, many).await, Err(Error::IdentifierCount { count: 17 })), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_comes_twice_at_once_is_one() {
    for backend in backends().await {
        let tasks: Vec<_> = (0..20)
            .map(|turn| {
                let store = Arc::clone(&backend.store);
                tokio::spawn(async move {
                    let mut identifiers = vec![identifier("personal-number", "1"), identifier("passport", "2")];
                    if turn % 2 == 0 {
                        identifiers.reverse();
                    }
                    let random = SystemRng::default();
                    let person = store.person(Holder::Person, &identifiers, &random).await.expect("finds");
                    let subject = store.subject(&person, "portal.example", &random).await.expect("finds");
                    (person, subject)
                })
            })
            .collect();
        let mut seen = HashSet::new();
        for task in tasks {
            seen.insert(task.await.expect("runs"));
        }
        assert_eq!(seen.len(), 1, "{}", backend.name);
    }
}

#[tokio::test]
async fn subjects_differ_by_sector_and_stay() {
    let random = SystemRng::default();
    for Backend { name, store, .. } in backends().await {
        let person = store.person(Holder::Person, &[identifier("tax", "1")], &random).await.expect("makes");
        let first = store.subject(&person, "one.example", &random).await.expect("makes");
        let second = store.subject(&person, "two.example", &random).await.expect("makes");
        assert_ne!(first, second, "{name}");
        assert_ne!(first, person.0, "{name}");
        assert_eq!(store.subject(&person, "one.example", &random).await.expect("finds"), first, "{name}");
        assert!((22..=255).contains(&first.len()), "{name}: 128 bits and OpenID Connect's 255 characters");
    }
}

#[tokio::test]
async fn sessions_end_by_idleness_by_age_and_by_hand() {
    let random = SystemRng::default();
    for Backend { name, store, .. } in backends().await {
        let person = store.person(Holder::Person, &[identifier("tax", "1")], &random).await.expect("makes");
        let live = |now| {
            let store = &store;
            async move { store.session(&[1; 32], now).await.expect("reads").is_some() }
        };
        store.insert_session(&SessionRecord { used: NOW, ..session(1, &person) }).await.expect("keeps");
        assert!(live(later(899)).await, "{name}: used in time");
        assert!(live(later(899 + 899)).await, "{name}: the use before counts");
        assert!(!live(later(899 + 899 + 900)).await, "{name}: idle");
        assert!(live(later(899 + 899 + 10)).await, "{name}: looking at a dead session revives nothing, nor kills");
        for step in (1_000..28_800).step_by(800) {
            live(later(step)).await;
        }
        assert!(live(later(28_799)).await, "{name}: kept alive by use");
        assert!(!live(later(28_800)).await, "{name}: but not beyond its age");

        store.insert_session(&session(2, &person)).await.expect("keeps");
        let by_sid = |sid, now| {
            let store = &store;
            async move { store.session_by_sid(sid, now).await.expect("reads").map(|session| session.hash) }
        };
        assert_eq!(by_sid("sid-2", later(899)).await, Some([2; 32]), "{name}");
        assert_eq!(by_sid("sid-2", later(902)).await, None, "{name}: idle, and looking by sid is not using");
        assert_eq!(by_sid("sid-3", later(10)).await, None, "{name}");
        let sids: Vec<_> =
            store.sessions_of(&person, later(10)).await.expect("lists").into_iter().map(|s| s.sid).collect();
        assert_eq!(sids, ["sid-2", "sid-1"], "{name}");
        store.record_session_portal("sid-2", "b", later(3)).await.expect("records");
        store.record_session_portal("sid-2", "a", later(4)).await.expect("records");
        store.record_session_portal("sid-2", "b", later(5)).await.expect("records");
        let portals = store.session_portals("sid-2").await.expect("lists");
        let portals: Vec<_> =
            portals.iter().map(|p| (p.client_id.as_str(), p.first_used.0 - NOW.0, p.used.0 - NOW.0)).collect();
        assert_eq!(portals, [("b", 3, 5), ("a", 4, 4)], "{name}");

        store.insert_access_token(&access_token(9, 9, "sid-2")).await.expect("keeps");
        assert!(store.end_session(&[2; 32]).await.expect("ends"), "{name}");
        assert!(!store.end_session(&[2; 32]).await.expect("answers"), "{name}: ended");
        assert_eq!(store.session(&[2; 32], later(10)).await.expect("reads"), None, "{name}");
        assert_eq!(store.access_token(&[9; 32], NOW).await.expect("reads"), None, "{name}: nor what rested on it");
        assert!(store.session_portals("sid-2").await.expect("lists").is_empty(), "{name}");
    }
}

#[tokio::test]
async fn the_end_of_a_grant_ends_its_tokens_before_and_after() {
    for Backend { name, store, .. } in backends().await {
        assert_eq!(store.put_access_token(&access_token(1, 5, "s")).await.expect("keeps"), Kept::Kept, "{name}");
        assert_eq!(store.put_access_token(&access_token(2, 6, "s")).await.expect("keeps"), Kept::Kept, "{name}");
        assert!(store.access_token(&[1; 32], later(599)).await.expect("reads").is_some(), "{name}");
        assert_eq!(store.access_token(&[1; 32], later(600)).await.expect("reads"), None, "{name}: expired");
        assert_eq!(store.end_grant(&[5; 32], later(900)).await.expect("ends"), 1, "{name}");
        assert_eq!(store.access_token(&[1; 32], NOW).await.expect("reads"), None, "{name}");
        assert!(store.access_token(&[2; 32], NOW).await.expect("reads").is_some(), "{name}: another grant");
        let late = store.put_access_token(&access_token(3, 5, "s")).await.expect("answers");
        assert_eq!(late, Kept::GrantEnded, "{name}");
        assert_eq!(store.access_token(&[3; 32], NOW).await.expect("reads"), None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_keeps_its_order() {
    for Backend { name, store, .. } in backends().await {
        let record = |number: u32| AuditRecord {
            at: NOW,
            incident: format!("incident-{}", number % 2),
            kind: "login".to_owned(),
            document: number.to_string(),
        };
        for number in 0..6 {
            store.append_audit(&record(number)).await.expect("appends");
        }
        assert_eq!(store.audit(2).await.expect("lists"), [record(5), record(4)], "{name}: newest first");
        let of_one = store.audit_of("incident-1").await.expect("lists");
        assert_eq!(of_one, [record(1), record(3), record(5)], "{name}: oldest first");
        let tasks: Vec<_> = (0..20)
            .map(|number| {
                let (store, record) = (Arc::clone(&store), record(number));
                tokio::spawn(async move { store.append_audit(&record).await })
            })
            .collect();
        for task in tasks {
            task.await.expect("runs").expect("appends");
        }
        assert_eq!(store.audit(u32::MAX).await.expect("lists").len(), 26, "{name}");
    }
}

#[tokio::test]
async fn a_sweep_takes_what_has_expired_and_nothing_else() {
    let random = SystemRng::default();
    for Backend { name, store, .. } in backends().await {
        let person = store.person(Holder::Person, &[identifier("tax", "1")], &random).await.expect("makes");
        for (byte, until) in [(1, 100), (2, 101)] {
            assert_eq!(store.spend(Purpose::Code, [byte; 32], later(until)).await.expect("answers"), Spent::First);
        }
        store.insert_session(&session(1, &person)).await.expect("keeps");
        store.insert_session(&SessionRecord { expires: later(100), ..session(2, &person) }).await.expect("keeps");
        store
            .insert_session(&SessionRecord { idle: Duration::from_secs(50), ..session(3, &person) })
            .await
            .expect("keeps");
        store.record_session_portal("sid-2", "a", NOW).await.expect("records");
        store.insert_access_token(&access_token(1, 1, "sid-1")).await.expect("keeps");
        let swept = store.sweep(later(100)).await.expect("sweeps");
        assert_eq!(swept, Swept { spent: 1, sessions: 2, access_tokens: 0 }, "{name}");
        assert!(store.session(&[1; 32], later(100)).await.expect("reads").is_some(), "{name}");
        assert!(store.session_portals("sid-2").await.expect("lists").is_empty(), "{name}");
        let again = store.spend(Purpose::Code, [2; 32], later(101)).await.expect("answers");
        assert_eq!(again, Spent::Again, "{name}: its mark still stands");
        let swept = store.sweep(later(600)).await.expect("sweeps");
        assert_eq!(swept, Swept { spent: 1, sessions: 0, access_tokens: 1 }, "{name}");
    }
}

fn caches(limits: MemoryLimits) -> Vec<(&'static str, Arc<dyn Cache>)> {
    vec![("process", Arc::new(MemoryCache::new(limits)))]
}

#[tokio::test]
async fn the_cache_keeps_a_value_for_its_time() {
    for (name, cache) in caches(MemoryLimits::default()) {
        let key = Key::hash("code", &[1; 32]);
        let minute = Duration::from_secs(60);
        cache.put_json(&key, &vec![1, 2, 3], minute, NOW).await.expect("keeps");
        assert_eq!(cache.get_json::<Vec<u8>>(&key, later(59)).await.expect("reads"), Some(vec![1, 2, 3]), "{name}");
        assert_eq!(cache.get(&key, later(60)).await.expect("reads"), None, "{name}: expired");
        cache.put(&key, b"new".to_vec(), minute, NOW).await.expect("replaces");
        assert_eq!(cache.get(&Key::hash("other", &[1; 32]), NOW).await.expect("reads"), None, "{name}: spaces");
        assert!(matches!(cache.get_json::<u8>(&key, NOW).await, Err(Error::Corrupt { .. })), "{name}");
        assert_eq!(cache.take(&key, NOW).await.expect("takes"), Some(b"new".to_vec()), "{name}");
        assert_eq!(cache.take(&key, NOW).await.expect("takes"), None, "{name}: once");
        cache.put(&key, b"old".to_vec(), minute, NOW).await.expect("keeps");
        assert_eq!(cache.take(&key, later(60)).await.expect("takes"), None, "{name}: too late");
        cache.put(&key, b"gone".to_vec(), minute, NOW).await.expect("keeps");
        cache.delete(&key).await.expect("forgets");
        assert_eq!(cache.get(&key, NOW).await.expect("reads"), None, "{name}");
        let long = cache.put(&key, vec![0; MAX_VALUE + 1], minute, NOW).await;
        assert!(matches!(long, Err(Error::ValueTooLong { .. })), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cache_counts_within_a_window() {
    for (name, cache) in caches(MemoryLimits::default()) {
        let key = Key::name("tries", &"192.0.2.1".repeat(20));
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (cache, key) = (Arc::clone(&cache), key.clone());
                tokio::spawn(async move { cache.increment(&key, Duration::from_secs(60), NOW).await.expect("counts") })
            })
            .collect();
        let mut counts = HashSet::new();
        for task in tasks {
            counts.insert(task.await.expect("runs"));
        }
        assert_eq!(counts, (1..=50).collect(), "{name}: each count once");
        assert_eq!(cache.increment(&key, Duration::from_secs(60), later(59)).await.expect("counts"), 51, "{name}");
        let next = cache.increment(&key, Duration::from_secs(60), later(60)).await.expect("counts");
        assert_eq!(next, 1, "{name}: the window began with the first count");
    }
}

#[tokio::test]
async fn a_full_cache_refuses_and_makes_room_of_the_expired_only() {
    let minute = Duration::from_secs(60);
    for (name, cache) in caches(MemoryLimits { entries: 3, bytes: 4096 }) {
        for byte in 0..3 {
            cache.put(&Key::hash("a", &[byte; 32]), vec![0], minute, later(byte.into())).await.expect("keeps");
        }
        let fourth = Key::hash("a", &[3; 32]);
        assert!(
            matches!(cache.put(&fourth, vec![0], minute, NOW).await, Err(Error::Full { entries: 3, .. })),
            "{name}"
        );
        assert!(matches!(cache.increment(&fourth, minute, NOW).await, Err(Error::Full { .. })), "{name}");
        cache
            .put(&Key::hash("a", &[0; 32]), vec![1], minute, NOW)
            .await
            .expect("an entry is replaced in its own place");
        cache.put(&fourth, vec![0], minute, later(60)).await.expect("the first has expired");
        assert!(cache.get(&Key::hash("a", &[1; 32]), later(60)).await.expect("reads").is_some(), "{name}");
    }
    for (name, cache) in caches(MemoryLimits { entries: 100, bytes: 4096 }) {
        let big = cache.put(&Key::hash("a", &[0; 32]), vec![0; 4096], minute, NOW).await;
        assert!(matches!(big, Err(Error::Full { entries: 0, .. })), "{name}: bytes are bounded too");
    }
}
