//! The pinentry prompt against a program that speaks Assuan as a test wants.

use crate::gateway::FakeGateway;
use crate::rig::{Reply, Rig, Setup, until, usual_card};
use crate::tokens::{Profile, certificate, p256};
use brama::agent::config::PromptKind;
use brama::card::Slot;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Answers each question (CONFIRM, GETPIN) with the next line of `answers`, a second and more after it was asked, and
/// writes down all it is told. Without a line it stays open.
const PROGRAM: &str = r#"#!/bin/bash
here=$(dirname "$0")
echo $$ >> "$here/pids"
echo "OK Pleased to meet you"
while IFS= read -r line; do
    echo "$line" >> "$here/log"
    case "$line" in
        "GETINFO flavor") echo "D FLAVOR"; echo "OK" ;;
        "OPTION "*) echo "ERR 83886254 Unknown option" ;;
        CONFIRM*|GETPIN)
            answer=$(head -n 1 "$here/answers")
            sed -i 1d "$here/answers"
            if [ -z "$answer" ]; then exec sleep 1000; fi
            sleep 1.1
            printf '# a comment\n%b\n' "$answer" ;;
        BYE) echo "OK"; exit ;;
        *) echo "OK" ;;
    esac
done
"#;

struct Program(tempfile::TempDir);

impl Program {
    fn new(flavor: &str, answers: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("pinentry");
        std::fs::write(&program, PROGRAM.replace("FLAVOR", flavor)).expect("writes");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("sets");
        let answers: String = answers.iter().map(|answer| format!("{answer}\n")).collect();
        std::fs::write(folder.path().join("answers"), answers).expect("writes");
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("pinentry")
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap_or_default()
    }

    async fn rig(&self) -> Rig {
        let gateway = FakeGateway::start(|_| (), Box::new(|_, _| None)).await;
        let prompt = Some(PromptKind::Pinentry(Some(self.path())));
        let rig = Rig::with(gateway, Setup { prompt, ..Setup::default() }).await;
        usual_card(&rig.tokens);
        let key = p256();
        let second = certificate(&key, &Profile { owner: "100% Second", ..Profile::default() });
        rig.tokens.insert(vec![(Slot::AUTHENTICATION, key, second)]);
        rig
    }
}

const NOT_CONFIRMED: &str = "ERR 83886194 Not confirmed <Pinentry>";
const CANCELLED: &str = "ERR 83886179 Operation cancelled <Pinentry>";

#[tokio::test]
async fn the_second_button_signs_in_and_enter_steps_on() {
    let program = Program::new("qt", &["OK", NOT_CONFIRMED, "OK", "D 000000\\nOK", "D 12%33456\\nOK"]);
    let rig = program.rig().await;
    let reply = Reply::read(rig.click().await).await;
    assert_eq!(reply.status, 303, "{}", program.read("log"));
    assert_eq!(rig.tokens.counts(), (2, 1));
    let log = program.read("log");
    assert!(log.contains("SETNOTOK Sign in") && log.contains("SETOK Next certificate"), "{log}");
    assert!(log.contains("Alena Kavalenka%0A") && log.contains("100%25 Second%0A"), "{log}");
    assert!(log.contains("Portal of services asks you to sign in.%0A"), "{log}");
    assert!(log.contains("2 tries left"), "{log}");
    assert!(log.lines().all(|line| line.len() <= 1000));
}

#[tokio::test]
async fn with_two_buttons_the_other_one_steps_on() {
    let program = Program::new("gnome3", &[CANCELLED, "OK", "D 123456\\nOK"]);
    let rig = program.rig().await;
    assert_eq!(Reply::read(rig.click().await).await.status, 303, "{}", program.read("log"));
    let log = program.read("log");
    assert!(!log.contains("SETNOTOK"), "{log}");
    assert!(log.contains("SETCANCEL Next certificate") && log.contains("SETCANCEL Cancel"), "{log}");
}

#[tokio::test]
async fn cancel_ends_the_login() {
    for answers in [&[CANCELLED][..], &[NOT_CONFIRMED, CANCELLED]] {
        let program = Program::new("gtk2", answers);
        let rig = program.rig().await;
        let reply = Reply::read(rig.click().await).await;
        assert!(reply.body.contains("agent_cancelled"), "{}", reply.body);
        assert_eq!(rig.tokens.counts(), (0, 0));
    }
}

#[tokio::test]
async fn a_program_that_cannot_ask_is_told_as_such() {
    for answers in [&["ERR 83886360 No terminal"][..], &["NONSENSE\\nERR x"], &["D %zz\\nOK"]] {
        let program = Program::new("curses", answers);
        let rig = program.rig().await;
        let reply = Reply::read(rig.click().await).await;
        assert!(reply.body.contains("agent_prompt"), "{answers:?}: {}", reply.body);
    }
}

#[tokio::test]
async fn the_window_closes_when_the_browser_leaves() {
    let program = Program::new("qt", &[]);
    let rig = program.rig().await;
    let stream = rig.click().await;
    until("the window is open", || program.read("log").contains("CONFIRM").then_some(())).await;
    drop(stream);
    until("the program has ended", || {
        let pids = program.read("pids");
        pids.lines().all(|pid| !Path::new("/proc").join(pid).exists()).then_some(())
    })
    .await;
    assert!(rig.gateway.seen("/agent/challenge").is_empty());
}
