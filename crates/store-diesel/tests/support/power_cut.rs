//! What is on a disk after a power cut, from a recording of all that a process wrote: what was made durable before, and of
//! what came after as much as chance has it, also parts of one write.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// What a process did, in order.
#[derive(Debug)]
pub(crate) enum Event {
    /// To a file, from this offset on.
    Write(PathBuf, usize, Vec<u8>),
    Truncate(PathBuf, usize),
    /// Of a file or a folder; `false`: the disk refused.
    Sync(PathBuf, bool),
    Create(PathBuf),
    Remove(PathBuf),
    /// A line to standard output.
    Answer(String),
}

/// Reads what `FaultyDisk::recorded` wrote. A call that was made to fail though it said that it went well is left out: the
/// disk lied.
pub(crate) fn read_recording(log: &str) -> Vec<Event> {
    let mut begun: HashMap<&str, &str> = HashMap::new();
    let mut events = Vec::new();
    for line in log.lines() {
        let Some((thread, call)) = line.split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        if let Some(call) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, call);
        } else if let Some((_, rest)) = call.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
            let whole = format!("{}{rest}", begun.remove(thread).unwrap_or_default());
            events.extend(event(&whole));
        } else {
            events.extend(event(call));
        }
    }
    events
}

fn event(call: &str) -> Option<Event> {
    let (name, rest) = call.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let arguments = arguments.trim_end().strip_suffix(')')?;
    let injected = result.contains("INJECTED");
    let went_well = !result.starts_with('-');
    let fields: Vec<&str> = arguments.split(", ").collect();
    let number = |field: &str| field.trim().parse::<usize>().ok();
    let file = || {
        Some(PathBuf::from(
            String::from_utf8(unescape(between(fields.first()?, '<', '>')?)).ok()?,
        ))
    };
    let text = |field: &str| Some(unescape(between(field, '"', '"')?));
    match name {
        "fsync" | "fdatasync" => {
            let lied = injected && went_well;
            (!lied).then_some(Event::Sync(file()?, went_well))
        }
        _ if !went_well || injected => None,
        "pwrite64" => Some(Event::Write(file()?, number(fields.last()?)?, text(fields.get(1)?)?)),
        "ftruncate" => Some(Event::Truncate(file()?, number(fields.last()?)?)),
        "write" if fields.first()?.starts_with("1<") => {
            Some(Event::Answer(String::from_utf8(text(fields.get(1)?)?).ok()?))
        }
        "openat" if arguments.contains("O_CREAT") => Some(Event::Create(path(text(fields.get(1)?)?)?)),
        "unlink" => Some(Event::Remove(path(text(fields.first()?)?)?)),
        _ => None,
    }
}

fn path(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

fn between(text: &str, open: char, close: char) -> Option<&str> {
    let (_, text) = text.split_once(open)?;
    text.rsplit_once(close).map(|(text, _)| text)
}

/// `\x61` is `a`; what has no such form is as it is.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = after
            .get(1..3)
            .filter(|_| first == b'\\' && after.first() == Some(&b'x'));
        let value = escaped.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(value.unwrap_or(first));
        rest = if value.is_some() { &after[3..] } else { after };
    }
    bytes
}

/// Chance with a seed: Knuth's MMIX generator, whose high bits are the good ones.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// A change to a file that is not durable.
#[derive(Clone, Debug)]
enum Pending {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Clone, Debug, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<Pending>,
    /// Whether its name is in the folder for sure; a new one may not be.
    named: bool,
    /// It was removed, and the folder may not say so yet.
    removed: bool,
}

/// A disk as a process leaves it behind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(BTreeMap<PathBuf, File>);

/// Which of the pending changes are on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Survive {
    None,
    All,
    /// Any of them, in any order, also a part of one.
    Some,
}

impl Disk {
    /// The files that are there to begin with, all of them durable.
    pub(crate) fn of(folder: &Path) -> Self {
        let files = std::fs::read_dir(folder)
            .expect("the folder")
            .map(|file| file.expect("a file").path());
        let durable = |path: &PathBuf| File {
            durable: std::fs::read(path).expect("a file"),
            named: true,
            ..File::default()
        };
        Self(files.map(|path| (path.clone(), durable(&path))).collect())
    }

    pub(crate) fn apply(&mut self, event: &Event, chance: &mut Chance) {
        match event {
            Event::Answer(_) => {}
            Event::Create(path) => {
                let file = self.0.entry(path.clone()).or_default();
                if file.removed {
                    *file = File::default();
                }
            }
            Event::Remove(path) => {
                if let Some(file) = self.0.get_mut(path) {
                    file.removed = true;
                }
            }
            Event::Write(path, offset, bytes) => self.pend(path, Pending::Write(*offset, bytes.clone())),
            Event::Truncate(path, length) => self.pend(path, Pending::Truncate(*length)),
            Event::Sync(path, went_well) => self.sync(path, *went_well, chance),
        }
    }

    fn pend(&mut self, path: &Path, change: Pending) {
        self.0.entry(path.to_owned()).or_default().pending.push(change);
    }

    fn sync(&mut self, path: &Path, went_well: bool, chance: &mut Chance) {
        match self.0.get_mut(path) {
            // The kernel may take what a failed sync did not write for written: no later one writes it.
            Some(file) => {
                let pending = std::mem::take(&mut file.pending);
                for change in pending.into_iter().filter(|_| went_well || chance.coin()) {
                    change.make(&mut file.durable);
                }
            }
            None if went_well => {
                self.0
                    .retain(|path_of, file| !(file.removed && path_of.parent() == Some(path)));
                let inside = self.0.iter_mut().filter(|(path_of, _)| path_of.parent() == Some(path));
                inside.for_each(|(_, file)| file.named = true);
            }
            None => {}
        }
    }

    /// Writes the files that are there after a cut at this moment into a folder.
    pub(crate) fn cut(&self, survive: Survive, chance: &mut Chance, into: &Path) {
        for (path, file) in &self.0 {
            // What is in memory that processes share is no part of it.
            let is_shared_memory = path.extension().is_some_and(|extension| extension == "db-shm");
            let doubtful = file.removed || !file.named;
            let there = match survive {
                Survive::None => !doubtful || file.removed,
                Survive::All => !file.removed,
                Survive::Some => !doubtful || chance.coin(),
            };
            let name = path.file_name().filter(|_| there && !is_shared_memory);
            if let Some(name) = name {
                std::fs::write(into.join(name), file.content(survive, chance)).expect("a file");
            }
        }
    }
}

impl File {
    fn content(&self, survive: Survive, chance: &mut Chance) -> Vec<u8> {
        let mut content = self.durable.clone();
        for change in &self.pending {
            match survive {
                Survive::None => {}
                Survive::All => change.make(&mut content),
                Survive::Some => match chance.below(4) {
                    0 => {}
                    1 => change.torn(chance).make(&mut content),
                    _ => change.make(&mut content),
                },
            }
        }
        content
    }
}

impl Pending {
    fn make(&self, content: &mut Vec<u8>) {
        match self {
            Self::Truncate(length) => content.resize(*length, 0),
            Self::Write(offset, bytes) => {
                let end = offset + bytes.len();
                content.resize(content.len().max(end), 0);
                content[*offset..end].copy_from_slice(bytes);
            }
        }
    }

    /// The first sectors of it.
    fn torn(&self, chance: &mut Chance) -> Self {
        match self {
            Self::Truncate(length) => Self::Truncate(*length),
            Self::Write(offset, bytes) => {
                let kept = chance.below(bytes.len() / 512 + 1) * 512;
                Self::Write(*offset, bytes[..kept.min(bytes.len())].to_vec())
            }
        }
    }
}
