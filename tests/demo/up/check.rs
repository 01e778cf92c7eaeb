//! One login as a browser would make it, over HTTP, to see that the demo works where there is no browser.

use super::home::Home;
use super::people::{Citizen, PIN};
use crate::process;
use anyhow::{Context, bail, ensure};
use openidconnect::reqwest::{self, Method, Response, StatusCode, header};
use serde_json::json;
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use url::Url;

/// How long one answer may take; the agent's waits for the person.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most redirects in a row.
const MAX_REDIRECTS: usize = 10;

/// What the portal's page showed at the end.
pub struct Shown {
    /// The name.
    pub name: String,
    /// The level as acr.
    pub acr: String,
}

/// A browser without a window: cookies by host, and no more understanding of HTML than the demo's pages need.
struct Browser {
    http: reqwest::Client,
    cookies: HashMap<String, HashMap<String, String>>,
}

struct Page {
    address: Url,
    html: String,
}

impl Browser {
    /// Sends one request as a navigation from a page of `from`.
    async fn request(&mut self, method: Method, address: &Url, from: Option<&Url>) -> anyhow::Result<Response> {
        let host = address.host_str().unwrap_or_default().to_owned();
        let mut request = self.http.request(method.clone(), address.clone()).header("Sec-Fetch-Mode", "navigate");
        request = request.header("Sec-Fetch-Dest", "document").header("Sec-Fetch-User", "?1");
        if let Some(from) = from {
            request = request.header(header::REFERER, format!("{}/", from.origin().ascii_serialization()));
            let site = if from.host_str() == address.host_str() { "same-origin" } else { "cross-site" };
            request = request.header("Sec-Fetch-Site", site);
        }
        if method == Method::POST {
            let from = from.context("a form is on a page")?;
            request = request.header(header::ORIGIN, from.origin().ascii_serialization());
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body("answer=yes");
        }
        if let Some(cookies) = self.cookies.get(&host) {
            let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        let response = request.send().await.with_context(|| format!("{method} {address}"))?;
        for set in response.headers().get_all(header::SET_COOKIE) {
            let pair = set.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').context("a cookie without a value")?;
            self.cookies.entry(host.clone()).or_default().insert(name.to_owned(), value.to_owned());
        }
        Ok(response)
    }

    /// Goes to an address and on through its redirects to a page.
    async fn go(&mut self, method: Method, address: &Url, from: Option<&Url>) -> anyhow::Result<Page> {
        let (mut method, mut address) = (method, address.clone());
        for _ in 0..MAX_REDIRECTS {
            let response = self.request(method, &address, from).await?;
            let status = response.status();
            if status.is_redirection() {
                let location = response.headers().get(header::LOCATION).context("a redirect to nowhere")?;
                address = address.join(location.to_str()?)?;
                method = Method::GET;
                continue;
            }
            let html = response.text().await?;
            ensure!(status == StatusCode::OK, "{address} answers {status}:\n{}", words(&html));
            return Ok(Page { address, html });
        }
        bail!("{address} redirects in circles")
    }
}

impl Page {
    /// The first address in an attribute (after a space: `data-transaction="` ends like another) that satisfies a condition.
    fn link(&self, attribute: &str, fits: impl Fn(&str) -> bool) -> anyhow::Result<Url> {
        let mut rest = self.html.as_str();
        while let Some((_, after)) = rest.split_once(attribute) {
            let (value, tail) = after.split_once('"').context("a quote is not closed")?;
            if fits(value) {
                return Ok(self.address.join(&value.replace("&amp;", "&").replace("&#38;", "&"))?);
            }
            rest = tail;
        }
        bail!("{} has no such {attribute}:\n{}", self.address, words(&self.html))
    }

    /// The text of the element with an id.
    fn text(&self, id: &str) -> anyhow::Result<String> {
        let (_, after) = self
            .html
            .split_once(&format!("id=\"{id}\""))
            .with_context(|| format!("{} shows no {id}:\n{}", self.address, words(&self.html)))?;
        let (_, text) = after.split_once('>').context("a tag is not closed")?;
        Ok(text.split('<').next().unwrap_or_default().trim().to_owned())
    }
}

/// What a page says, without its tags.
fn words(html: &str) -> String {
    let (before, after) = html.split_once("<style").unwrap_or((html, ""));
    let after = after.split_once("</style").map_or("", |(_, after)| after);
    let html = format!("{before}<{after}");
    let pieces = html.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text.trim());
    pieces.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The script that the agent follows and the transcript it writes beside it.
const SCRIPT: &str = "check.script";
const TRANSCRIPT: &str = "check.script.transcript";

/// A script for the agent without a step yet.
pub fn empty_script(home: &Home) -> anyhow::Result<PathBuf> {
    home.write(TRANSCRIPT, "")?;
    home.write(SCRIPT, "")
}

/// Answers the agent as a citizen would: once her certificate is on the screen, which takes until the cards are read.
pub fn person(home: &Home, citizen: &'static Citizen) -> JoinHandle<anyhow::Result<()>> {
    let (script, transcript) = (home.path(SCRIPT), home.path(TRANSCRIPT));
    thread::spawn(move || {
        let number = citizen.personal_number;
        let shown = || fs::read_to_string(&transcript).is_ok_and(|screens| screens.contains(number));
        ensure!(process::wait_until(PATIENCE, shown), "the agent never showed the certificate of {number}");
        let steps = [json!({ "choose": number }), json!({ "pin": PIN })].map(|step| format!("{step}\n")).concat();
        Ok(OpenOptions::new().append(true).open(&script)?.write_all(steps.as_bytes())?)
    })
}

/// Signs in at the portal; the agent's prompt is answered by its script.
pub async fn sign_in(portal: &Url) -> anyhow::Result<Shown> {
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().timeout(PATIENCE).build()?;
    let mut browser = Browser { http, cookies: HashMap::new() };
    let home = browser.go(Method::GET, portal, None).await.context("the portal's first page")?;
    let button = home.link(" action=\"", |action| action == "/sign-in")?;
    let choice = browser.go(Method::POST, &button, Some(portal)).await.context("the gateway's page")?;
    let agent = choice.link(" href=\"", |link| link.ends_with("/agent"))?;
    let arrival = browser.go(Method::GET, &agent, Some(&choice.address)).await.context("the agent's answer")?;
    ensure!(
        arrival.address.origin() == choice.address.origin(),
        "the agent kept the browser:\n{}",
        words(&arrival.html)
    );
    let answer = arrival.link(" action=\"", |action| !action.ends_with("/cancel"))?;
    let account =
        browser.go(Method::POST, &answer, Some(&arrival.address)).await.context("the portal's second page")?;
    Ok(Shown { name: account.text("name")?, acr: account.text("acr")? })
}
