//! The life of keys as a drawing: when each was published, signed, and only verified.

use auth_core::Timestamp;
use keystore::{KeyState, ListedKey};
use maud::{Markup, html};

use crate::acts::key::state_word;
use crate::console::html::utc;

/// The height of one key, and of the two lines of text below, in pixels. The dates have a line of their own: on a narrow screen `now`
/// would be written over them.
const ROW: usize = 40;
const DATES: usize = 40;
const DATES_LINE: usize = 16;

/// How much is shown before now at most, in milliseconds: half a year.
const PAST: i64 = 182 * 86_400_000;

/// The most keys that are drawn: the newest. The table has all.
const MOST: usize = 8;

/// A part of a key's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    kind: &'static str,
    from: i64,
    to: i64,
}

/// The first and the last moment of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Axis {
    from: i64,
    to: i64,
}

/// The drawing. The table beside it says the same in words.
pub(super) fn of(keys: &[ListedKey], now: Timestamp) -> Markup {
    let shown: Vec<&ListedKey> = keys.iter().filter(|one| is_drawn(one, now)).take(MOST).collect();
    if shown.is_empty() {
        return html! {};
    }
    let axis = Axis::of(&shown, now.as_millis());
    let height = shown.len() * ROW + DATES;
    html! {
        svg.timeline role="img" width="100%" height=(height) aria-label=(described(&shown)) {
            @for (index, listed) in shown.iter().enumerate() {
                (drawn(listed, keys, axis, index * ROW))
            }
            line.now x1=(axis.x(now.as_millis())) x2=(axis.x(now.as_millis())) y1="0" y2=(height - DATES) {}
            (dates(axis, now.as_millis(), height - DATES_LINE - 6))
        }
        p.legend aria-hidden="true" {
            span.published { "published" } span.signs { "signs" } span.verifies { "verifies only" }
        }
    }
}

fn is_drawn(one: &ListedKey, now: Timestamp) -> bool {
    let ended = one.key.retires_at.map_or(i64::MAX, Timestamp::as_millis);
    !one.key.is_revoked() && ended > now.as_millis() - PAST
}

fn described(shown: &[&ListedKey]) -> String {
    let each = shown
        .iter()
        .map(|one| format!("{} {}", one.key.name, state_word(&one.key, one.state)));
    format!(
        "The life of {} keys: {}",
        shown.len(),
        each.collect::<Vec<_>>().join(", ")
    )
}

fn drawn(listed: &ListedKey, all: &[ListedKey], axis: Axis, top: usize) -> Markup {
    html! {
        text.kid x="0" y=(top + 14) { (listed.key.name) }
        @for part in parts(listed, all, axis.to) {
            @if let Some((x, width)) = axis.bar(part) {
                rect class=(part.kind) x=(x) width=(width) y=(top + 20) height="12" rx="2" {
                    title { (part.kind) " from " (utc(Timestamp::from_millis(part.from))) }
                }
            }
        }
    }
}

/// Published until it signs, signs until the next one does, verifies until it retires. `end`: where the drawing ends.
fn parts(listed: &ListedKey, all: &[ListedKey], end: i64) -> Vec<Part> {
    let key = &listed.key;
    let (created, signs) = (key.created_at.as_millis(), key.activates_at.as_millis());
    let retires = key.retires_at.map_or(end, Timestamp::as_millis);
    if key.purpose.is_accepted() {
        return vec![Part {
            kind: "verifies",
            from: created,
            to: retires,
        }];
    }
    let others = all.iter().filter(|other| !other.key.is_revoked());
    let next = others
        .map(|other| other.key.activates_at.as_millis())
        .filter(|at| *at > signs)
        .min();
    let replaced = next.unwrap_or(retires).min(retires);
    let verifies = if listed.state == KeyState::Current && next.is_none() {
        end
    } else {
        retires
    };
    vec![
        Part {
            kind: "published",
            from: created,
            to: signs,
        },
        Part {
            kind: "signs",
            from: signs,
            to: replaced,
        },
        Part {
            kind: "verifies",
            from: replaced,
            to: verifies,
        },
    ]
}

impl Axis {
    /// From the first moment that is shown to some time after now, or after the last one.
    fn of(shown: &[&ListedKey], now: i64) -> Self {
        let created = shown
            .iter()
            .map(|one| one.key.created_at.as_millis().min(one.key.activates_at.as_millis()));
        let from = created.min().unwrap_or(now).max(now - PAST).min(now - 60_000);
        let moments = shown
            .iter()
            .flat_map(|one| [Some(one.key.activates_at), one.key.retires_at]);
        let last = moments
            .flatten()
            .map(Timestamp::as_millis)
            .max()
            .unwrap_or(now)
            .min(now + PAST)
            .max(now);
        Self {
            from,
            to: last + (last - from) / 8,
        }
    }

    /// Where a moment is, in per cent of the width.
    fn x(self, at: i64) -> String {
        format!("{:.2}%", self.share(at))
    }

    /// Where a part begins and how wide it is; `None` where nothing of it is to be seen.
    fn bar(self, part: Part) -> Option<(String, String)> {
        let (from, to) = (self.share(part.from), self.share(part.to));
        (to > from).then(|| (format!("{from:.2}%"), format!("{:.2}%", to - from)))
    }

    #[allow(clippy::cast_precision_loss, reason = "lengths of time far below 2^53 milliseconds")]
    fn share(self, at: i64) -> f64 {
        let inside = at.clamp(self.from, self.to);
        100.0 * (inside - self.from) as f64 / (self.to - self.from).max(1) as f64
    }
}

fn dates(axis: Axis, now: i64, y: usize) -> Markup {
    let day = |at: i64| utc(Timestamp::from_millis(at)).chars().take(16).collect::<String>();
    let near_start = axis.share(now) < 30.0;
    html! {
        text.date.strong x=(axis.x(now)) y=(y) text-anchor=(if near_start { "start" } else { "end" }) dx=(if near_start { "0" } else { "-4" }) {
            "now"
        }
        text.date x="0" y=(y + DATES_LINE) { (day(axis.from)) }
        text.date x="100%" y=(y + DATES_LINE) text-anchor="end" { (day(axis.to)) }
    }
}

#[cfg(test)]
mod tests {
    use keystore::{KeyPurpose, StoredKey};

    use super::*;

    fn key(name: &str, created: i64, signs: i64, retires: Option<i64>) -> StoredKey {
        StoredKey {
            name: name.into(),
            purpose: KeyPurpose::new("shops", "EdDSA").expect("a purpose"),
            sealed: vec![1],
            created_at: Timestamp::from_millis(created),
            activates_at: Timestamp::from_millis(signs),
            retires_at: retires.map(Timestamp::from_millis),
        }
    }

    #[test]
    fn a_key_is_published_then_signs_then_verifies() {
        let now = Timestamp::from_millis(150);
        let all = ListedKey::all(vec![key("old", 0, 0, Some(300)), key("new", 90, 100, None)], now);
        let of = |name: &str| all.iter().find(|one| one.key.name == name).expect("it is there");
        let spans = |name: &str| -> Vec<_> {
            let parts = parts(of(name), &all, 400).into_iter();
            parts.map(|part| (part.kind, part.from, part.to)).collect()
        };
        assert_eq!(
            spans("old"),
            [("published", 0, 0), ("signs", 0, 100), ("verifies", 100, 300)]
        );
        assert_eq!(
            spans("new"),
            [("published", 90, 100), ("signs", 100, 400), ("verifies", 400, 400)]
        );
    }

    #[test]
    fn what_is_outside_is_cut_off() {
        let axis = Axis { from: 100, to: 200 };
        let bar = |from, to| {
            axis.bar(Part {
                kind: "signs",
                from,
                to,
            })
        };
        assert_eq!(bar(50, 150), Some(("0.00%".into(), "50.00%".into())));
        assert_eq!(bar(150, i64::MAX), Some(("50.00%".into(), "50.00%".into())));
        assert_eq!(bar(0, 100), None);
    }
}
