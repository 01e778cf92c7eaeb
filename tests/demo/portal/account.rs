//! What the second page shows, read from the verified claims. A claim that is absent or of another shape is left out
//! of the words; the raw claims below show it all the same.

use super::text::Text;
use brama::clock::UnixTime;
use serde_json::Value;

/// A row of a list: what it is, its value, a remark.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub label: String,
    /// The value.
    pub value: String,
    /// A remark in small type, or nothing.
    pub remark: String,
    /// The fact that decided the level.
    pub decisive: bool,
}

impl Row {
    fn new(label: &str, value: impl Into<String>, remark: &str) -> Self {
        Self { label: label.to_owned(), value: value.into(), remark: remark.to_owned(), decisive: false }
    }
}

/// The organisation the person acts for.
#[derive(Debug)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// Its identifiers and the person's position.
    pub rows: Vec<Row>,
}

/// The page's contents.
#[derive(Debug)]
pub struct Account {
    /// What to call the person.
    pub name: String,
    /// Names, capacity, identifiers, the pairwise number.
    pub person: Vec<Row>,
    /// The organisation, when there is one.
    pub organisation: Option<Organisation>,
    /// The place of the level in [`Text::levels`]; `None` for an acr this portal does not know.
    pub level: Option<usize>,
    /// The acr as it came.
    pub acr: String,
    /// `amr`, each in words and as it came.
    pub methods: Vec<(String, String)>,
    /// When the person proved it.
    pub auth_time: String,
    /// The facts behind the level.
    pub facts: Vec<Row>,
    /// The id_token's claims as JSON.
    pub id_token: String,
    /// The userinfo response as JSON.
    pub userinfo: String,
}

/// The acr values of Brama's ladder, lowest first.
const LADDER: [&str; 4] = [
    "urn:brama:loa:self",
    "http://eidas.europa.eu/LoA/low",
    "http://eidas.europa.eu/LoA/substantial",
    "http://eidas.europa.eu/LoA/high",
];

impl Account {
    /// Which rungs of the ladder the level reaches, lowest first.
    pub fn rungs(&self) -> [bool; LADDER.len()] {
        std::array::from_fn(|rung| self.level.is_some_and(|level| rung <= level))
    }

    /// Reads the claims for a language.
    pub fn new(id_token: &Value, userinfo: &Value, text: &Text) -> Self {
        // Userinfo may be the richer one; what the id_token says about the login stands in the id_token only.
        let claim = |name: &str| id_token.get(name).or_else(|| userinfo.get(name)).unwrap_or(&Value::Null);
        let word = |name: &str| claim(name).as_str().unwrap_or_default();

        let mut person: Vec<Row> = [
            (text.name, word("name")),
            (text.family_name, word("family_name")),
            (text.given_name, word("given_name")),
            (text.middle_name, word("middle_name")),
            (text.kind, text.capacity(word("subject_kind"))),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| Row::new(label, value, ""))
        .collect();
        person.extend(identifiers(claim("identifiers"), text));
        person.push(Row::new(text.subject, word("sub"), text.subject_note));

        let organisation = claim("organisation").as_object().map(|organisation| {
            let mut rows: Vec<Row> = vec![];
            if let Some(position) = organisation.get("position").and_then(Value::as_str) {
                rows.push(Row::new(text.position, position, ""));
            }
            rows.extend(identifiers(organisation.get("identifiers").unwrap_or(&Value::Null), text));
            Organisation { name: organisation.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(), rows }
        });

        let acr = word("acr").to_owned();
        let level = LADDER.iter().position(|rung| *rung == acr);
        let methods = claim("amr").as_array().into_iter().flatten().filter_map(Value::as_str);
        Self {
            name: [word("name"), word("sub")].into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned(),
            person,
            organisation,
            level,
            acr,
            methods: methods.map(|method| (text.method(method).to_owned(), method.to_owned())).collect(),
            auth_time: time(claim("auth_time")).unwrap_or_default(),
            facts: facts(claim("assurance"), level == Some(LADDER.len() - 1), text),
            id_token: pretty(id_token),
            userinfo: pretty(userinfo),
        }
    }
}

fn identifiers(list: &Value, text: &Text) -> Vec<Row> {
    let part = |identifier: &Value, name: &str| identifier.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    list.as_array()
        .into_iter()
        .flatten()
        .map(|identifier| {
            let scheme = part(identifier, "scheme");
            Row::new(text.scheme(&scheme), part(identifier, "value"), &part(identifier, "country"))
        })
        .collect()
}

fn facts(assurance: &Value, top: bool, text: &Text) -> Vec<Row> {
    let limited_by = assurance.get("limited_by").and_then(Value::as_str).unwrap_or_default();
    let scales: [(&str, &str, &str, &[&str]); 5] = [
        ("P", "proofing", text.proofing, &text.proofing_values),
        ("K", "key", text.key, &text.key_values),
        ("R", "freshness", text.freshness, &text.freshness_values),
        ("O", "origin", text.origin, &text.origin_values),
        ("B", "organisation", text.link, &text.link_values),
    ];
    let mut rows = vec![];
    for (letter, name, label, values) in scales {
        let number = assurance.get(letter).or_else(|| assurance.get(name)).and_then(Value::as_u64);
        let value = number.and_then(|number| values.get(usize::try_from(number).ok()?));
        if let (Some(number), Some(value)) = (number, value) {
            // At the top of the ladder nothing holds the level down.
            let decisive = !top && (limited_by == letter || limited_by == name);
            rows.push(Row { decisive, ..Row::new(label, *value, &format!("{letter}{number}")) });
        }
    }
    if let Some(status) = assurance.get("status").filter(|status| status.is_object())
        && let Some(published) = status.get("this_update").and_then(time)
    {
        let kind = status.get("kind").and_then(Value::as_str).unwrap_or_default().to_uppercase();
        rows.push(Row::new(text.status, published, &kind));
    }
    rows
}

fn time(value: &Value) -> Option<String> {
    let seconds = value.as_i64()?;
    Some(UnixTime(seconds).to_string().replace('T', " ").replace('Z', " UTC"))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::text::Language;
    use super::*;
    use serde_json::json;

    #[test]
    fn the_claims_of_a_representative_are_read() {
        let id_token = json!({
            "sub": "x1", "name": "Olena", "acr": LADDER[2], "amr": ["hwk", "new"], "auth_time": 1_800_000_000,
            "subject_kind": "representative",
            "identifiers": [{"scheme": "tax", "country": "UA", "value": "123"}],
            "organisation": {"name": "Kryntsia", "position": "accountant",
                "identifiers": [{"scheme": "lei", "country": "UA", "value": "9"}]},
            "assurance": {"proofing": 3, "key": 3, "freshness": 2, "origin": 1, "organisation": 2, "limited_by": "K",
                "status": {"kind": "crl", "this_update": 0, "next_update": 5}},
        });
        let account = Account::new(&id_token, &json!({"sub": "x1"}), Language::En.text());
        assert_eq!((account.name.as_str(), account.level), ("Olena", Some(2)));
        assert_eq!(account.methods[0].0, "a key on a token");
        assert_eq!(account.methods[1].0, "new");
        assert!(account.person.contains(&Row::new("Taxpayer number", "123", "UA")));
        let organisation = account.organisation.expect("there is one");
        assert_eq!(organisation.rows, [Row::new("Position", "accountant", ""), Row::new("lei", "9", "UA")]);
        assert_eq!(account.facts.len(), 6);
        assert!(account.facts.iter().all(|row| row.decisive == (row.remark == "K3")));
        let mut high = id_token;
        high["acr"] = LADDER[3].into();
        assert!(Account::new(&high, &Value::Null, Language::En.text()).facts.iter().all(|row| !row.decisive));
        assert_eq!(account.facts[5].value, "1970-01-01 00:00:00 UTC");
    }

    #[test]
    fn odd_claims_are_left_out_of_the_words() {
        let odd = json!({"sub": 5, "name": ["x"], "acr": "urn:other", "amr": "pin", "auth_time": "now",
            "identifiers": {"scheme": 1}, "organisation": "x", "assurance": {"proofing": 9, "key": -1, "status": 3}});
        let account = Account::new(&odd, &Value::Null, Language::Be.text());
        assert_eq!((account.level, account.acr.as_str()), (None, "urn:other"));
        assert!(account.facts.is_empty() && account.methods.is_empty() && account.organisation.is_none());
        assert!(account.id_token.contains("urn:other"));
    }
}
