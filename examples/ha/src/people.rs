//! Who signs in: four accounts of each of three realms, as `cluster` has made them, and their passwords.

use std::sync::Mutex;

use serde_json::{Value, json};

/// How many accounts each realm has.
const EACH: usize = 4;

/// A realm, with the dialect in which its people sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Realm {
    /// `mechanics`: sessions are refreshed.
    Workshops,
    /// `login`: there is a log-out.
    Pbx,
    /// `device`: opaque tokens.
    Players,
}

impl Realm {
    const ALL: [Self; 3] = [Self::Workshops, Self::Pbx, Self::Players];

    pub fn name(self) -> &'static str {
        match self {
            Self::Workshops => "workshops",
            Self::Pbx => "pbx",
            Self::Players => "players",
        }
    }

    pub fn path(self) -> &'static str {
        match self {
            Self::Workshops => "/api/v2/mechanics/tokens",
            Self::Pbx => "/login",
            Self::Players => "/api/tokens/create",
        }
    }
}

/// An account.
pub struct Person {
    pub number: usize,
    pub realm: Realm,
    pub login: String,
    password: Mutex<u64>,
}

impl Person {
    /// Those of all realms.
    pub fn all() -> Vec<Self> {
        let places = (0..EACH).flat_map(|place| Realm::ALL.map(|realm| (place + 1, realm)));
        let people = places.enumerate().map(|(number, (place, realm))| Self {
            number,
            realm,
            login: match realm {
                Realm::Workshops => format!("workshop{place}@example.com"),
                Realm::Pbx => format!("{place}@example.com"),
                Realm::Players => format!("player{place}@example.com"),
            },
            password: Mutex::new(0),
        });
        people.collect()
    }

    /// One whose password stays, and whose session nobody ends.
    pub fn steady() -> Self {
        Self {
            number: EACH * Realm::ALL.len(),
            realm: Realm::Players,
            login: "steady@example.com".to_owned(),
            password: Mutex::new(0),
        }
    }

    /// The number of the password that was set last, or is being set.
    pub fn password(&self) -> u64 {
        *self.password.lock().expect("nobody panics meanwhile")
    }

    /// The next one is going to be set.
    pub fn next_password(&self) -> u64 {
        let mut password = self.password.lock().expect("nobody panics meanwhile");
        *password += 1;
        *password
    }

    /// What signs in with this password.
    pub fn request(&self, password: u64) -> Value {
        let (login, password) = (&self.login, text_of(password));
        match self.realm {
            Realm::Workshops => json!({"email": login, "password": password}),
            Realm::Pbx => json!({"username": login, "password": password}),
            Realm::Players => json!({"email_or_username": login, "password": password, "device_name": "a device"}),
        }
    }
}

/// A password by its number.
pub fn text_of(password: u64) -> String {
    format!("password {password}")
}
