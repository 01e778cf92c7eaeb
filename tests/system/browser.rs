//! Chromium without a window, as a citizen uses it: pages are waited for, buttons pressed when they can be seen.

use crate::house::port;
use crate::needs;
use crate::process::{Launch, Process, http_status, wait_until};
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;
use url::Url;

/// How long a page may take to come.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the browser may take for one command.
const STUCK: Duration = Duration::from_secs(20);
/// How long it may take to close.
const CLOSING: Duration = Duration::from_secs(5);
/// The names and sizes of the windows that are photographed.
const WINDOWS: [(&str, u32, u32); 2] = [("wide", 1100, 800), ("phone", 390, 780)];

/// A browser with a profile of its own. Dropping it closes it.
pub struct Browser {
    // Taken when it is dropped, before the driver.
    client: Option<Client>,
    runtime: Runtime,
    _driver: Process,
}

/// A command of Chromium's own protocol.
#[derive(Debug)]
struct DevTools(&'static str, Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (hyper::Method, Option<String>) {
        (hyper::Method::POST, Some(json!({ "cmd": self.0, "params": self.1 }).to_string()))
    }
}

impl Browser {
    /// Starts one with its profile and its driver's log in a folder.
    pub fn start(folder: &Path, language: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port(Ipv4Addr::LOCALHOST.into())));
        let program = needs::driver().expect("asked before");
        let launch = Launch::new("chromedriver", program, folder.join(format!("chromedriver-{number}.log")))
            .argument(format!("--port={}", address.port()))
            // Chromium and its driver put their things where this says.
            .environment("TMPDIR", folder);
        let mut driver = launch.spawn().expect("chromedriver starts");
        let ready = driver.wait_until(PATIENCE, || http_status(address, "/status") == Some(200));
        assert!(ready.is_ok(), "chromedriver is not ready ({ready:?}):\n{}", driver.tail(20));
        let profile = folder.join(format!("profile-{number}"));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let connect = async {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(capabilities(&profile, language));
            builder.connect(&format!("http://{address}")).await
        };
        let client = runtime.block_on(connect).unwrap_or_else(|error| panic!("{error}\n{}", driver.tail(20)));
        Self { client: Some(client), runtime, _driver: driver }
    }

    /// Does something with the driver, which may be stuck itself.
    fn ask<T>(&self, command: impl Future<Output = T>) -> T {
        let answered = self.runtime.block_on(async { tokio::time::timeout(STUCK, command).await });
        answered.unwrap_or_else(|_| panic!("the browser does not answer within {} s", STUCK.as_secs()))
    }

    fn client(&self) -> &Client {
        self.client.as_ref().expect("is open")
    }

    /// Opens an address.
    pub fn go(&self, address: &str) {
        self.ask(self.client().goto(address)).unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    /// Loads the page anew.
    pub fn reload(&self) {
        self.ask(self.client().refresh()).expect("reloads");
    }

    /// The address of the current tab.
    pub fn address(&self) -> Url {
        self.ask(self.client().current_url()).expect("has an address")
    }

    /// Runs JavaScript in the page.
    pub fn run(&self, script: &str) -> Value {
        self.ask(self.client().execute(script, vec![])).unwrap_or_default()
    }

    /// Waits until a condition holds.
    pub fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        assert!(wait_until(PATIENCE, || holds(self)), "{what}: it did not come about");
    }

    /// Whether an element can be seen on a page that has loaded.
    pub fn shows(&self, selector: &str) -> bool {
        let shown = async {
            let element = self.client().find(Locator::Css(selector)).await.ok()?;
            element.is_displayed().await.ok()
        };
        self.ask(shown).unwrap_or_default() && self.run("return document.readyState") == "complete"
    }

    /// Waits for an element; its text.
    pub fn text(&self, selector: &str) -> String {
        let mut text = None;
        self.until(selector, |browser| {
            // A page that is just being replaced takes its elements along.
            let read = async { browser.client().find(Locator::Css(selector)).await.ok()?.text().await.ok() };
            text = Some(()).filter(|()| browser.shows(selector)).and_then(|()| browser.ask(read));
            text.is_some()
        });
        text.unwrap_or_default()
    }

    /// Waits for a button or link and presses it.
    pub fn press(&self, selector: &str) {
        self.until(selector, |browser| {
            let press = async { browser.client().find(Locator::Css(selector)).await?.click().await };
            browser.shows(selector) && browser.ask(press).is_ok()
        });
    }

    /// The tabs, in the order of opening.
    pub fn tabs(&self) -> Vec<WindowHandle> {
        self.ask(self.client().windows()).expect("has tabs")
    }

    /// The current tab.
    pub fn tab(&self) -> WindowHandle {
        self.ask(self.client().window()).expect("has a tab")
    }

    /// Makes a tab the current one.
    pub fn switch(&self, tab: &WindowHandle) {
        self.ask(self.client().switch_to_window(tab.clone())).expect("has this tab");
    }

    /// Opens an empty tab and makes it the current one.
    pub fn open_tab(&self) -> WindowHandle {
        let opened = self.ask(self.client().new_window(true)).expect("opens");
        self.switch(&opened.handle);
        opened.handle
    }

    /// Closes the current tab.
    pub fn close_tab(&self) {
        self.ask(self.client().close_window()).expect("closes");
    }

    /// Presses a link that opens a tab; that tab, which does not become the current one.
    pub fn press_for_tab(&self, selector: &str) -> WindowHandle {
        let before = self.tabs();
        self.press(selector);
        let mut opened = None;
        self.until("a new tab", |browser| {
            opened = browser.tabs().into_iter().find(|tab| !before.contains(tab));
            opened.is_some()
        });
        opened.expect("just seen")
    }

    /// Whether a host of the current page has set a cookie of this name.
    pub fn has_cookie(&self, name: &str) -> bool {
        self.ask(self.client().get_named_cookie(name)).is_ok()
    }

    fn tell(&self, command: &'static str, parameters: Value) -> Value {
        let told = self.ask(self.client().issue_cmd(DevTools(command, parameters)));
        told.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// By how many pixels the page is wider than a small phone.
    pub fn overhang(&self) -> i64 {
        const SMALL: u32 = 320;
        self.resize(SMALL, 640);
        let width = self.run("return document.documentElement.scrollWidth").as_i64().expect("a number");
        self.tell("Emulation.clearDeviceMetricsOverride", json!({}));
        width - i64::from(SMALL)
    }

    fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", size);
    }

    /// Photographs the page if pictures are wanted: wide and narrow, light and dark.
    pub fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("BRAMA_SCREENSHOTS").map(PathBuf::from) else { return };
        std::fs::create_dir_all(&folder).expect("a folder");
        // A tab behind another one draws nothing.
        self.tell("Page.bringToFront", json!({}));
        self.tell("Emulation.setScrollbarsHidden", json!({ "hidden": true }));
        for (window, width, height) in WINDOWS {
            for colour in ["light", "dark"] {
                self.resize(width, height);
                let feature = json!({ "features": [{ "name": "prefers-color-scheme", "value": colour }] });
                self.tell("Emulation.setEmulatedMedia", feature);
                let picture = self.tell("Page.captureScreenshot", json!({ "captureBeyondViewport": true }));
                let data = picture["data"].as_str().expect("a picture");
                let bytes = data_encoding::BASE64.decode(data.as_bytes()).expect("base64");
                std::fs::write(folder.join(format!("{name}-{window}-{colour}.png")), bytes).expect("is written");
            }
        }
        self.tell("Emulation.setEmulatedMedia", json!({ "features": [] }));
        self.tell("Emulation.clearDeviceMetricsOverride", json!({}));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        let panicking = std::thread::panicking();
        let close = async {
            if panicking {
                let text = client.execute("return document.body.innerText", vec![]).await;
                eprintln!("--- the browser shows {:?}\n{text:?}", client.current_url().await);
            }
            client.close().await
        };
        // Closing ends Chromium in order; should it fail, the end of its driver does.
        let closed = self.runtime.block_on(async { tokio::time::timeout(CLOSING, close).await });
        if !matches!(closed, Ok(Ok(()))) {
            eprintln!("the browser does not close by itself: {closed:?}");
        }
    }
}

fn capabilities(profile: &Path, language: &str) -> Capabilities {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--disable-sync",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        // Chromium ends with the pipe, so with its driver.
        "--remote-debugging-pipe",
        "--window-size=1100,800",
    ];
    let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    arguments.push(format!("--accept-lang={language}"));
    let capabilities = json!({
        // A tab waits for the agent as long as the citizen thinks: nothing here may wait for it to load.
        "pageLoadStrategy": "none",
        "acceptInsecureCerts": true,
        "goog:chromeOptions": { "binary": needs::chromium(), "args": arguments },
    });
    capabilities.as_object().expect("just made").clone()
}
