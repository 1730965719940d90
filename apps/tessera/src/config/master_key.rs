//! `master_key_file` and `master_key_command`.

use std::path::PathBuf;

use crate::extension::BadSetting;
use crate::master::MasterKeyPlace;

/// Where the master key is, which has one place.
pub(super) fn master_key(
    file: Option<PathBuf>,
    command: Option<Vec<String>>,
) -> Result<Option<MasterKeyPlace>, BadSetting> {
    match (file, command) {
        (Some(file), Some(_)) => Err(BadSetting::new(
            "master_key_command",
            file.display(),
            "one of master_key_file and master_key_command, not both",
        )),
        (_, Some(words)) if words.is_empty() => Err(BadSetting::new(
            "master_key_command",
            "[]",
            "a program and its arguments, such as [\"pass\", \"show\", \"tessera\"]",
        )),
        (Some(file), None) => Ok(Some(MasterKeyPlace::File(file))),
        (None, Some(words)) => Ok(Some(MasterKeyPlace::Command(words))),
        (None, None) => Ok(None),
    }
}
