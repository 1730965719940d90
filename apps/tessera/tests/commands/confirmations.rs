//! What ends the tokens of many asks first. Where there is no terminal, it is refused without `--yes`, and nothing is changed.

use crate::admin_folder::AdminFolder;

const SIGNING: &str = "[[flavour]]\nname = \"shops\"\ndialect = \"mechanics\"\nalgorithm = \"EdDSA\"\n";

fn admin() -> AdminFolder {
    let admin = AdminFolder::new().with(SIGNING);
    admin.serve().stop();
    admin.organisation("171", "0");
    admin.done("consumer", &["put", "--key", "partner", "--organisation", "171"], "");
    admin.done("resource-server", &["put", "--id", "games", "--all-flavours"], "");
    admin
}

#[test]
fn what_ends_the_tokens_of_many_needs_a_yes() {
    let admin = admin();
    let keys = admin.json("key", &["list"], "");
    let kid = keys["keys"][0]["kid"].as_str().expect("a name").to_owned();
    let acts: [(&str, &[&str]); 7] = [
        ("key", &["rotate", "--flavour", "shops", "--emergency"]),
        ("key", &["retire", "--kid", &kid, "--now"]),
        ("consumer", &["put", "--key", "partner", "--organisation", "171"]),
        ("consumer", &["disable", "--key", "partner", "--revoke-tokens"]),
        ("resource-server", &["put", "--id", "games", "--all-flavours"]),
        ("token", &["revoke", "--organisation", "171"]),
        ("token", &["revoke", "--all"]),
    ];
    let state = || {
        [("key", "list"), ("consumer", "list"), ("resource-server", "list")]
            .map(|(noun, verb)| admin.json(noun, &[verb], ""))
    };
    let before = state();
    for (noun, args) in acts {
        let sentence = admin.refused(noun, args, "");
        assert!(
            sentence.contains("nothing was changed") && sentence.contains("--yes"),
            "{noun} {args:?}: {sentence}"
        );
    }
    assert_eq!(state(), before);
}

/// Nobody is at work with the token of a partner that is disabled.
#[test]
fn a_disabled_partner_gets_another_token_without_a_question() {
    let admin = admin();
    admin.done("consumer", &["disable", "--key", "partner"], "");
    admin.done("consumer", &["put", "--key", "partner", "--organisation", "171"], "");
    admin.done("resource-server", &["disable", "--id", "games"], "");
    admin.done("resource-server", &["put", "--id", "games", "--all-flavours"], "");
}
