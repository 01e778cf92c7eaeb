//! What the demo portal says, in four languages. A missing sentence does not compile.

/// The languages of the portal, in the order of the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Belarusian.
    Be,
    /// Ukrainian.
    Uk,
    /// Russian.
    Ru,
    /// English.
    En,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Be, Self::Uk, Self::Ru, Self::En];

    /// The language tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Be => "be",
            Self::Uk => "uk",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// Its own name for itself.
    pub const fn endonym(self) -> &'static str {
        match self {
            Self::Be => "Беларуская",
            Self::Uk => "Українська",
            Self::Ru => "Русский",
            Self::En => "English",
        }
    }

    /// The same where there is little room.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Be => "Бел",
            Self::Uk => "Укр",
            Self::Ru => "Рус",
            Self::En => "Eng",
        }
    }

    /// The language of a tag, whatever its region.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?;
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The best of an Accept-Language header (RFC 9110 12.5.4); English when none is known.
    pub fn negotiate(header: &str) -> Self {
        let mut best = (Self::En, 0.0);
        for range in header.split(',').take(32) {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight: f32 = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()).unwrap_or(0.0);
            if let Some(language) = Self::parse(tag.trim())
                && weight > best.1
            {
                best = (language, weight);
            }
        }
        best.0
    }

    /// The sentences.
    pub const fn text(self) -> &'static Text {
        match self {
            Self::Be => &BE,
            Self::Uk => &UK,
            Self::Ru => &RU,
            Self::En => &EN,
        }
    }
}

/// A title and what to do.
#[derive(Debug)]
pub struct Advice {
    /// What happened.
    pub title: &'static str,
    /// What the person can do now.
    pub text: &'static str,
}

/// Every sentence of the portal; the English table below says what each is.
#[derive(Debug)]
pub struct Text {
    pub portal: &'static str,
    pub demo_note: &'static str,
    pub skip: &'static str,
    pub languages: &'static str,
    pub home_title: &'static str,
    pub home_lead: &'static str,
    pub sign_in: &'static str,
    pub sign_in_note: &'static str,
    pub need_title: &'static str,
    pub need: [&'static str; 3],
    pub receive_title: &'static str,
    pub receive: &'static str,
    pub to_gateway: &'static str,
    pub signed_in: &'static str,
    pub sign_out: &'static str,
    pub person: &'static str,
    pub name: &'static str,
    pub family_name: &'static str,
    pub given_name: &'static str,
    pub middle_name: &'static str,
    pub kind: &'static str,
    pub kind_person: &'static str,
    pub kind_representative: &'static str,
    pub kind_legal_entity: &'static str,
    pub subject: &'static str,
    pub subject_note: &'static str,
    pub organisation: &'static str,
    pub organisation_name: &'static str,
    pub position: &'static str,
    pub organisation_absent: &'static str,
    pub scheme_personal_number: &'static str,
    pub scheme_tax: &'static str,
    pub scheme_passport: &'static str,
    pub scheme_identity_card: &'static str,
    pub scheme_company_register: &'static str,
    pub assurance: &'static str,
    pub level: &'static str,
    pub levels: [&'static str; 4],
    pub level_notes: [&'static str; 4],
    pub level_unknown: &'static str,
    pub methods: &'static str,
    pub method_hwk: &'static str,
    pub method_swk: &'static str,
    pub method_pin: &'static str,
    pub method_mfa: &'static str,
    pub method_pwd: &'static str,
    pub method_otp: &'static str,
    pub auth_time: &'static str,
    pub why: &'static str,
    pub why_note: &'static str,
    pub decisive: &'static str,
    pub proofing: &'static str,
    pub proofing_values: [&'static str; 4],
    pub key: &'static str,
    pub key_values: [&'static str; 4],
    pub freshness: &'static str,
    pub freshness_values: [&'static str; 4],
    pub origin: &'static str,
    pub origin_values: [&'static str; 2],
    pub link: &'static str,
    pub link_values: [&'static str; 4],
    pub status: &'static str,
    pub raw: &'static str,
    pub raw_id_token: &'static str,
    pub raw_userinfo: &'static str,
    pub signed_out_title: &'static str,
    pub signed_out: &'static str,
    pub home: &'static str,
    pub try_again: &'static str,
    pub code: &'static str,
    pub denied: Advice,
    pub unmet: Advice,
    pub busy: Advice,
    pub unreachable: Advice,
    pub attempt: Advice,
    pub refused: Advice,
    pub not_found: Advice,
    pub other: Advice,
}

impl Text {
    /// What to say about an error code of the gateway or of this portal.
    pub fn advice(&self, code: &str) -> &Advice {
        match code {
            "access_denied" => &self.denied,
            "unmet_authentication_requirements" => &self.unmet,
            "temporarily_unavailable" | "server_error" => &self.busy,
            "gateway_unreachable" => &self.unreachable,
            "attempt_unknown" => &self.attempt,
            "issuer_mismatch" | "code_refused" | "id_token_invalid" | "userinfo_invalid" => &self.refused,
            "not_found" => &self.not_found,
            _ => &self.other,
        }
    }

    /// The word for a scheme of identifiers; an unknown one speaks for itself.
    pub fn scheme<'a>(&self, scheme: &'a str) -> &'a str {
        match scheme {
            "personal-number" => self.scheme_personal_number,
            "tax" => self.scheme_tax,
            "passport" => self.scheme_passport,
            "identity-card" => self.scheme_identity_card,
            "company-register" => self.scheme_company_register,
            other => other,
        }
    }

    /// The word for an authentication method reference (RFC 8176).
    pub fn method<'a>(&self, reference: &'a str) -> &'a str {
        match reference {
            "hwk" => self.method_hwk,
            "swk" => self.method_swk,
            "pin" => self.method_pin,
            "mfa" => self.method_mfa,
            "pwd" => self.method_pwd,
            "otp" => self.method_otp,
            other => other,
        }
    }

    /// The word for the capacity in which somebody acts.
    pub fn capacity<'a>(&self, kind: &'a str) -> &'a str {
        match kind {
            "person" => self.kind_person,
            "representative" => self.kind_representative,
            "legal-entity" => self.kind_legal_entity,
            other => other,
        }
    }
}

static EN: Text = Text {
    portal: "Demo portal of public services",
    demo_note: "A demonstration: all of it happens on this computer only.",
    skip: "Skip to the content",
    languages: "Language",
    home_title: "Sign in with your digital signature",
    home_lead: "This is what a public service looks like from the outside: it knows nothing about cards and certificates. It asks the login gateway Brama who you are and how sure that is.",
    sign_in: "Sign in with a key token",
    sign_in_note: "You will be taken to the login gateway and brought back here.",
    need_title: "What you need",
    need: [
        "a key token with your certificate, plugged in",
        "its PIN, which you type into the agent on your computer and never into a web page",
        "the Brama agent running on this computer",
    ],
    receive_title: "What the portal will learn",
    receive: "Your name, your identifiers, the organisation you act for if there is one, and how the login was made. Your key and your PIN stay with you.",
    to_gateway: "Login gateway",
    signed_in: "You are signed in",
    sign_out: "Sign out",
    person: "Who you are",
    name: "Full name",
    family_name: "Family name",
    given_name: "Given name",
    middle_name: "Patronymic",
    kind: "You act as",
    kind_person: "a person, for yourself",
    kind_representative: "a representative of an organisation",
    kind_legal_entity: "an organisation",
    subject: "Number at this portal",
    subject_note: "random; other portals know you by another",
    organisation: "Organisation",
    organisation_name: "Name",
    position: "Position",
    organisation_absent: "The certificate names no organisation.",
    scheme_personal_number: "Personal number",
    scheme_tax: "Taxpayer number",
    scheme_passport: "Passport",
    scheme_identity_card: "Identity card",
    scheme_company_register: "Register number",
    assurance: "How sure it is",
    level: "Level of assurance",
    levels: ["Self-declared", "Low", "Substantial", "High"],
    level_notes: [
        "Nobody but you has said who you are.",
        "Enough for everyday information.",
        "Enough for most services.",
        "Enough for everything that a signature in person is asked for.",
    ],
    level_unknown: "not known to this portal",
    methods: "Proven with",
    method_hwk: "a key on a token",
    method_swk: "a key in a file",
    method_pin: "a PIN",
    method_mfa: "two factors",
    method_pwd: "a password",
    method_otp: "a one-time code",
    auth_time: "Signed in at",
    why: "How the level was decided",
    why_note: "Every fact sets a ceiling; the lowest ceiling is the level.",
    decisive: "decided",
    proofing: "How you were identified",
    proofing_values: [
        "by your own word",
        "checked against a register",
        "in person, by a bank or by letter",
        "by a certification authority, in person or equally surely",
    ],
    key: "How your key is kept",
    key_values: [
        "one factor only",
        "in a file, or two factors",
        "on a device that nobody certified, or remotely",
        "on a certified device it cannot leave",
    ],
    freshness: "How fresh the certificate's status is",
    freshness_values: ["out of date", "still valid", "at most a day old", "at most a quarter of an hour old"],
    origin: "Bound to this gateway",
    origin_values: ["no", "yes, another site could not have relayed it"],
    link: "Link to the organisation",
    link_values: ["none", "by your own word", "stated in the certificate", "confirmed by a register or a mandate"],
    status: "Status published",
    raw: "Everything the portal received",
    raw_id_token: "id_token, verified",
    raw_userinfo: "userinfo",
    signed_out_title: "You are signed out",
    signed_out: "Both here and at the login gateway. You can take your token out.",
    home: "To the first page",
    try_again: "Try again",
    code: "Code",
    denied: Advice {
        title: "The login was cancelled",
        text: "Nothing has been passed to this portal. If you did not mean to cancel, try again.",
    },
    unmet: Advice {
        title: "The login does not reach the required level",
        text: "This service needs a higher level than your certificate gives. Try again with another certificate, or ask the authority that issued yours.",
    },
    busy: Advice {
        title: "The login gateway cannot serve you now",
        text: "It is not your fault. Wait a few minutes and try again.",
    },
    unreachable: Advice {
        title: "The login gateway does not answer",
        text: "The portal cannot reach it. Try again in a few minutes.",
    },
    attempt: Advice {
        title: "This login is not known here",
        text: "It was begun in another browser, is finished already, or took more than half an hour. Begin again from the first page.",
    },
    refused: Advice {
        title: "The gateway's answer was not accepted",
        text: "Its origin or its signature could not be verified, so nobody was signed in. Begin again; if it happens once more, tell the portal's support.",
    },
    not_found: Advice { title: "There is no such page", text: "The address may have been mistyped." },
    other: Advice {
        title: "The login did not succeed",
        text: "The gateway has reported an error. Begin again; if it happens once more, tell the portal's support the code below.",
    },
};

static BE: Text = Text {
    portal: "Дэманстрацыйны партал паслуг",
    demo_note: "Дэманстрацыя: усё адбываецца толькі на гэтым камп’ютары.",
    skip: "Перайсці да зместу",
    languages: "Мова",
    home_title: "Уваход з электронным подпісам",
    home_lead: "Так выглядае дзяржаўная паслуга звонку: яна нічога не ведае пра карткі і сертыфікаты. Яна пытаецца ў шлюза «Брама», хто вы і наколькі гэта надзейна.",
    sign_in: "Увайсці з дапамогай токена",
    sign_in_note: "Вы пяройдзеце на шлюз уваходу і вернецеся сюды.",
    need_title: "Што спатрэбіцца",
    need: [
        "устаўлены токен (носьбіт ключа) з вашым сертыфікатам",
        "яго PIN-код: вы ўводзіце яго ў агенце на сваім камп’ютары і ніколі на вэб-старонцы",
        "запушчаны на гэтым камп’ютары агент «Брама»",
    ],
    receive_title: "Што даведаецца партал",
    receive: "Ваша імя, вашы ідэнтыфікатары, арганізацыю, ад імя якой вы дзейнічаеце, і як быў выкананы ўваход. Ключ і PIN-код застаюцца ў вас.",
    to_gateway: "Шлюз уваходу",
    signed_in: "Вы ўвайшлі",
    sign_out: "Выйсці",
    person: "Хто вы",
    name: "Поўнае імя",
    family_name: "Прозвішча",
    given_name: "Імя",
    middle_name: "Імя па бацьку",
    kind: "Вы дзейнічаеце як",
    kind_person: "фізічная асоба, ад свайго імя",
    kind_representative: "прадстаўнік арганізацыі",
    kind_legal_entity: "арганізацыя",
    subject: "Нумар на гэтым партале",
    subject_note: "выпадковы; іншыя парталы ведаюць вас пад іншым",
    organisation: "Арганізацыя",
    organisation_name: "Назва",
    position: "Пасада",
    organisation_absent: "У сертыфікаце арганізацыя не названая.",
    scheme_personal_number: "Асабісты нумар",
    scheme_tax: "Нумар плацельшчыка падаткаў",
    scheme_passport: "Пашпарт",
    scheme_identity_card: "Ідэнтыфікацыйная картка",
    scheme_company_register: "Рэгістрацыйны нумар",
    assurance: "Наколькі гэта надзейна",
    level: "Узровень даверу",
    levels: ["Заяўлены самастойна", "Нізкі", "Істотны", "Высокі"],
    level_notes: [
        "Хто вы, вядома толькі з вашых слоў.",
        "Дастаткова для звычайных даведак.",
        "Дастаткова для большасці паслуг.",
        "Дастаткова для ўсяго, дзе патрэбны асабісты подпіс.",
    ],
    level_unknown: "гэтаму парталу невядомы",
    methods: "Чым пацверджана",
    method_hwk: "ключ на носьбіце",
    method_swk: "ключ у файле",
    method_pin: "PIN-код",
    method_mfa: "два фактары",
    method_pwd: "пароль",
    method_otp: "аднаразовы код",
    auth_time: "Час уваходу",
    why: "Як вызначаны ўзровень",
    why_note: "Кожны факт ставіць мяжу; самая нізкая мяжа і ёсць узровень.",
    decisive: "вызначыла",
    proofing: "Як была ўстаноўлена асоба",
    proofing_values: [
        "з вашых слоў",
        "праверана па рэестры",
        "асабіста, праз банк або лістом",
        "пасведчальным цэнтрам, асабіста або гэтак жа надзейна",
    ],
    key: "Як захоўваецца ключ",
    key_values: [
        "толькі адзін фактар",
        "у файле, або два фактары",
        "на несертыфікаванай прыладзе або аддалена",
        "на сертыфікаванай прыладзе, якую ён не можа пакінуць",
    ],
    freshness: "Наколькі свежы статус сертыфіката",
    freshness_values: ["пратэрмінаваны", "яшчэ дзейнічае", "не старэйшы за суткі", "не старэйшы за чвэрць гадзіны"],
    origin: "Прывязка да гэтага шлюза",
    origin_values: ["няма", "ёсць: іншы сайт не мог пераслаць гэты ўваход"],
    link: "Сувязь з арганізацыяй",
    link_values: ["няма", "з вашых слоў", "названа ў сертыфікаце", "пацверджана рэестрам або даверанасцю"],
    status: "Статус апублікаваны",
    raw: "Усё, што атрымаў партал",
    raw_id_token: "id_token, правераны",
    raw_userinfo: "userinfo",
    signed_out_title: "Вы выйшлі",
    signed_out: "І тут, і на шлюзе ўваходу. Токен можна выняць.",
    home: "На галоўную",
    try_again: "Паспрабаваць яшчэ раз",
    code: "Код",
    denied: Advice {
        title: "Уваход скасаваны",
        text: "Парталу нічога не перададзена. Калі вы не збіраліся скасоўваць, паспрабуйце яшчэ раз.",
    },
    unmet: Advice {
        title: "Уваход не дасягае патрэбнага ўзроўню",
        text: "Гэтай паслузе патрэбны вышэйшы ўзровень, чым дае ваш сертыфікат. Паспрабуйце з іншым сертыфікатам або звярніцеся туды, дзе вам яго выдалі.",
    },
    busy: Advice {
        title: "Шлюз уваходу зараз не можа вас абслужыць",
        text: "Гэта не ваша віна. Пачакайце некалькі хвілін і паспрабуйце яшчэ раз.",
    },
    unreachable: Advice {
        title: "Шлюз уваходу не адказвае",
        text: "Партал не можа з ім звязацца. Паспрабуйце праз некалькі хвілін.",
    },
    attempt: Advice {
        title: "Гэты ўваход тут невядомы",
        text: "Ён пачаты ў іншым браўзеры, ужо завершаны або доўжыўся больш за паўгадзіны. Пачніце зноў з галоўнай старонкі.",
    },
    refused: Advice {
        title: "Адказ шлюза не прыняты",
        text: "Яго паходжанне або подпіс не ўдалося праверыць, таму ўваход не выкананы. Пачніце зноў; калі гэта паўторыцца, паведаміце ў падтрымку партала.",
    },
    not_found: Advice {
        title: "Такой старонкі няма", text: "Магчыма, у адрасе памылка."
    },
    other: Advice {
        title: "Увайсці не ўдалося",
        text: "Шлюз паведаміў пра памылку. Пачніце зноў; калі гэта паўторыцца, перадайце код ніжэй у падтрымку партала.",
    },
};

static UK: Text = Text {
    portal: "Демонстраційний портал послуг",
    demo_note: "Демонстрація: усе відбувається лише на цьому комп’ютері.",
    skip: "Перейти до вмісту",
    languages: "Мова",
    home_title: "Вхід з електронним підписом",
    home_lead: "Так виглядає державна послуга ззовні: вона нічого не знає про картки й сертифікати. Вона питає в шлюзу «Брама», хто ви і наскільки це надійно.",
    sign_in: "Увійти за допомогою токена",
    sign_in_note: "Ви перейдете на шлюз входу й повернетеся сюди.",
    need_title: "Що знадобиться",
    need: [
        "під’єднаний токен (носій ключа) з вашим сертифікатом",
        "його PIN-код: ви вводите його в агенті на своєму комп’ютері й ніколи на вебсторінці",
        "запущений на цьому комп’ютері агент «Брама»",
    ],
    receive_title: "Що дізнається портал",
    receive: "Ваше ім’я, ваші ідентифікатори, організацію, від імені якої ви дієте, і як було виконано вхід. Ключ і PIN-код залишаються у вас.",
    to_gateway: "Шлюз входу",
    signed_in: "Ви увійшли",
    sign_out: "Вийти",
    person: "Хто ви",
    name: "Повне ім’я",
    family_name: "Прізвище",
    given_name: "Ім’я",
    middle_name: "По батькові",
    kind: "Ви дієте як",
    kind_person: "фізична особа, від свого імені",
    kind_representative: "представник організації",
    kind_legal_entity: "організація",
    subject: "Номер на цьому порталі",
    subject_note: "випадковий; інші портали знають вас під іншим",
    organisation: "Організація",
    organisation_name: "Назва",
    position: "Посада",
    organisation_absent: "У сертифікаті організацію не названо.",
    scheme_personal_number: "Особистий номер",
    scheme_tax: "Номер платника податків",
    scheme_passport: "Паспорт",
    scheme_identity_card: "Посвідчення особи",
    scheme_company_register: "Реєстраційний номер",
    assurance: "Наскільки це надійно",
    level: "Рівень довіри",
    levels: ["Заявлений самостійно", "Низький", "Середній", "Високий"],
    level_notes: [
        "Хто ви, відомо лише з ваших слів.",
        "Достатньо для звичайних довідок.",
        "Достатньо для більшості послуг.",
        "Достатньо для всього, де потрібен особистий підпис.",
    ],
    level_unknown: "цьому порталу невідомий",
    methods: "Чим підтверджено",
    method_hwk: "ключ на носії",
    method_swk: "ключ у файлі",
    method_pin: "PIN-код",
    method_mfa: "два фактори",
    method_pwd: "пароль",
    method_otp: "одноразовий код",
    auth_time: "Час входу",
    why: "Як визначено рівень",
    why_note: "Кожен факт ставить межу; найнижча межа і є рівнем.",
    decisive: "визначило",
    proofing: "Як було встановлено особу",
    proofing_values: [
        "з ваших слів",
        "перевірено за реєстром",
        "особисто, через банк або листом",
        "надавачем довірчих послуг, особисто або так само надійно",
    ],
    key: "Як зберігається ключ",
    key_values: [
        "лише один фактор",
        "у файлі, або два фактори",
        "на несертифікованому пристрої або віддалено",
        "на сертифікованому пристрої, якого він не може залишити",
    ],
    freshness: "Наскільки свіжий статус сертифіката",
    freshness_values: ["прострочений", "ще чинний", "не старший за добу", "не старший за чверть години"],
    origin: "Прив’язка до цього шлюзу",
    origin_values: ["немає", "є: інший сайт не міг переслати цей вхід"],
    link: "Зв’язок з організацією",
    link_values: ["немає", "з ваших слів", "названо в сертифікаті", "підтверджено реєстром або дорученням"],
    status: "Статус опубліковано",
    raw: "Усе, що отримав портал",
    raw_id_token: "id_token, перевірений",
    raw_userinfo: "userinfo",
    signed_out_title: "Ви вийшли",
    signed_out: "І тут, і на шлюзі входу. Токен можна вийняти.",
    home: "На головну",
    try_again: "Спробувати ще раз",
    code: "Код",
    denied: Advice {
        title: "Вхід скасовано",
        text: "Порталу нічого не передано. Якщо ви не збиралися скасовувати, спробуйте ще раз.",
    },
    unmet: Advice {
        title: "Вхід не досягає потрібного рівня",
        text: "Цій послузі потрібен вищий рівень, ніж дає ваш сертифікат. Спробуйте з іншим сертифікатом або зверніться туди, де вам його видали.",
    },
    busy: Advice {
        title: "Шлюз входу зараз не може вас обслужити",
        text: "Це не ваша провина. Зачекайте кілька хвилин і спробуйте ще раз.",
    },
    unreachable: Advice {
        title: "Шлюз входу не відповідає",
        text: "Портал не може з ним зв’язатися. Спробуйте за кілька хвилин.",
    },
    attempt: Advice {
        title: "Цей вхід тут невідомий",
        text: "Його почато в іншому браузері, вже завершено або він тривав понад пів години. Почніть знову з головної сторінки.",
    },
    refused: Advice {
        title: "Відповідь шлюзу не прийнято",
        text: "Її походження або підпис не вдалося перевірити, тому вхід не виконано. Почніть знову; якщо це повториться, повідомте підтримку порталу.",
    },
    not_found: Advice {
        title: "Такої сторінки немає", text: "Можливо, в адресі помилка."
    },
    other: Advice {
        title: "Увійти не вдалося",
        text: "Шлюз повідомив про помилку. Почніть знову; якщо це повториться, передайте код нижче підтримці порталу.",
    },
};

static RU: Text = Text {
    portal: "Демонстрационный портал услуг",
    demo_note: "Демонстрация: всё происходит только на этом компьютере.",
    skip: "Перейти к содержанию",
    languages: "Язык",
    home_title: "Вход с электронной подписью",
    home_lead: "Так выглядит государственная услуга снаружи: она ничего не знает о картах и сертификатах. Она спрашивает у шлюза «Брама», кто вы и насколько это надёжно.",
    sign_in: "Войти по токену",
    sign_in_note: "Вы перейдёте на шлюз входа и вернётесь сюда.",
    need_title: "Что понадобится",
    need: [
        "подключённый токен (носитель ключа) с вашим сертификатом",
        "его PIN-код: вы вводите его в агенте на своём компьютере и никогда на веб-странице",
        "запущенный на этом компьютере агент «Брама»",
    ],
    receive_title: "Что узнает портал",
    receive: "Ваше имя, ваши идентификаторы, организацию, от имени которой вы действуете, и как был выполнен вход. Ключ и PIN-код остаются у вас.",
    to_gateway: "Шлюз входа",
    signed_in: "Вы вошли",
    sign_out: "Выйти",
    person: "Кто вы",
    name: "Полное имя",
    family_name: "Фамилия",
    given_name: "Имя",
    middle_name: "Отчество",
    kind: "Вы действуете как",
    kind_person: "физическое лицо, от своего имени",
    kind_representative: "представитель организации",
    kind_legal_entity: "организация",
    subject: "Номер на этом портале",
    subject_note: "случайный; другие порталы знают вас под другим",
    organisation: "Организация",
    organisation_name: "Название",
    position: "Должность",
    organisation_absent: "В сертификате организация не названа.",
    scheme_personal_number: "Личный номер",
    scheme_tax: "Номер налогоплательщика",
    scheme_passport: "Паспорт",
    scheme_identity_card: "Удостоверение личности",
    scheme_company_register: "Регистрационный номер",
    assurance: "Насколько это надёжно",
    level: "Уровень доверия",
    levels: ["Заявлен самостоятельно", "Низкий", "Существенный", "Высокий"],
    level_notes: [
        "Кто вы, известно только с ваших слов.",
        "Достаточно для обычных справок.",
        "Достаточно для большинства услуг.",
        "Достаточно для всего, где нужна личная подпись.",
    ],
    level_unknown: "этому порталу неизвестен",
    methods: "Чем подтверждено",
    method_hwk: "ключ на носителе",
    method_swk: "ключ в файле",
    method_pin: "PIN-код",
    method_mfa: "два фактора",
    method_pwd: "пароль",
    method_otp: "одноразовый код",
    auth_time: "Время входа",
    why: "Как определён уровень",
    why_note: "Каждый факт ставит предел; самый низкий предел и есть уровень.",
    decisive: "определило",
    proofing: "Как была установлена личность",
    proofing_values: [
        "с ваших слов",
        "проверена по реестру",
        "лично, через банк или письмом",
        "удостоверяющим центром, лично или столь же надёжно",
    ],
    key: "Как хранится ключ",
    key_values: [
        "только один фактор",
        "в файле, или два фактора",
        "на несертифицированном устройстве или удалённо",
        "на сертифицированном устройстве, которое он не может покинуть",
    ],
    freshness: "Насколько свеж статус сертификата",
    freshness_values: ["просрочен", "ещё действует", "не старше суток", "не старше четверти часа"],
    origin: "Привязка к этому шлюзу",
    origin_values: ["нет", "есть: другой сайт не мог переслать этот вход"],
    link: "Связь с организацией",
    link_values: ["нет", "с ваших слов", "названа в сертификате", "подтверждена реестром или доверенностью"],
    status: "Статус опубликован",
    raw: "Всё, что получил портал",
    raw_id_token: "id_token, проверен",
    raw_userinfo: "userinfo",
    signed_out_title: "Вы вышли",
    signed_out: "И здесь, и на шлюзе входа. Токен можно вынуть.",
    home: "На главную",
    try_again: "Попробовать ещё раз",
    code: "Код",
    denied: Advice {
        title: "Вход отменён",
        text: "Порталу ничего не передано. Если вы не собирались отменять, попробуйте ещё раз.",
    },
    unmet: Advice {
        title: "Вход не достигает нужного уровня",
        text: "Этой услуге нужен более высокий уровень, чем даёт ваш сертификат. Попробуйте с другим сертификатом или обратитесь туда, где вам его выдали.",
    },
    busy: Advice {
        title: "Шлюз входа сейчас не может вас обслужить",
        text: "Это не ваша вина. Подождите несколько минут и попробуйте ещё раз.",
    },
    unreachable: Advice {
        title: "Шлюз входа не отвечает",
        text: "Портал не может с ним связаться. Попробуйте через несколько минут.",
    },
    attempt: Advice {
        title: "Этот вход здесь неизвестен",
        text: "Он начат в другом браузере, уже завершён или длился более получаса. Начните снова с главной страницы.",
    },
    refused: Advice {
        title: "Ответ шлюза не принят",
        text: "Его происхождение или подпись не удалось проверить, поэтому вход не выполнен. Начните снова; если это повторится, сообщите в поддержку портала.",
    },
    not_found: Advice {
        title: "Такой страницы нет", text: "Возможно, в адресе ошибка."
    },
    other: Advice {
        title: "Войти не удалось",
        text: "Шлюз сообщил об ошибке. Начните снова; если это повторится, передайте код ниже в поддержку портала.",
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_known_language_wins() {
        for (header, language) in [
            ("uk-UA,uk;q=0.9,en;q=0.8", Language::Uk),
            ("pl, be;q=0.5, ru;q=0.4", Language::Be),
            ("en;q=0.1, RU;q=0.2", Language::Ru),
            ("de, fr", Language::En),
            ("be;q=x, ;;q=, -", Language::En),
            ("", Language::En),
        ] {
            assert_eq!(Language::negotiate(header), language, "{header}");
        }
    }
}
