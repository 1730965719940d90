//! Many callers at once, on two nodes of one database; on both databases.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;

use auth_core::{Change, Generation, NewAccount, NewToken, Subject};
use store_diesel::DieselStore;
use support::Fresh;
use support::things::{HOUR, NOW, account, client, crowd, generation, key, organisation, owner, session, token};

/// How many callers there are, and how many times they meet.
const CROWD: usize = 40;
const ROUNDS: u8 = 8;

tests! {
    both {
        one_rotation_wins
        one_client_is_made
        one_account_is_made_of_one_name
        nobody_gets_anothers_login_as_alias
        one_shared_record_is_made
        nothing_lives_after_a_sign_out_that_met_refreshes
        nothing_lives_after_a_password_change_that_met_sign_ins
        a_change_is_told_until_the_last_token_that_met_it_ends
        chosen_numbers_and_given_ones_do_not_meet
        one_first_key_is_made
        one_value_is_kept
        one_failure_undoes_nobody_elses_work
    }
}

async fn nodes(fresh: &Fresh) -> [DieselStore; 2] {
    [fresh.store.clone(), fresh.other_node().await]
}

async fn one_rotation_wins(fresh: Fresh) {
    let (nodes, owner) = (nodes(&fresh).await, owner(&fresh.store, "workshop@email.dk").await);
    let id = fresh.store.tokens().insert(session(owner, 1)).await.unwrap().unwrap();
    for round in 0..ROUNDS {
        let from = generation(1, round).current;
        let won = crowd(&nodes, CROWD, |node, _| async move {
            let to = generation(1, round + 1);
            node.tokens().rotate(id, &from, &to).await.unwrap()
        })
        .await;
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "round {round}");
    }
}

async fn one_client_is_made(fresh: Fresh) {
    let nodes = nodes(&fresh).await;
    organisation(&fresh.store).await;
    for round in 0..ROUNDS {
        let clients = crowd(&nodes, CROWD, |node, caller| async move {
            let mut client = client(&format!("client-{round}@example.com"));
            client.name = format!("Name {caller}");
            let found = node.consumers().find_or_create_client(client).await;
            found.unwrap().expect("an enabled consumer")
        })
        .await;
        let first = &clients[0];
        assert!(clients.iter().all(|client| client == first), "round {round}");
    }
    assert_eq!(fresh.count("SELECT count(*) FROM accounts").await, i64::from(ROUNDS));
}

async fn one_account_is_made_of_one_name(fresh: Fresh) {
    let nodes = nodes(&fresh).await;
    for round in 0..ROUNDS {
        let made = crowd(&nodes, CROWD, |node, _| async move {
            let made = node.accounts().create(account(&format!("Account-{round}"))).await;
            made.unwrap()
        })
        .await;
        assert_eq!(made.iter().flatten().count(), 1, "round {round}");
    }
}

async fn nobody_gets_anothers_login_as_alias(fresh: Fresh) {
    let nodes = nodes(&fresh).await;
    for round in 0..ROUNDS {
        let made = crowd(&nodes, CROWD, |node, caller| async move {
            let name = format!("name-{round}");
            let new = match caller % 4 < 2 {
                true => account(&name),
                false => NewAccount {
                    alias: Some(name),
                    ..account(&format!("other-{round}-{caller}"))
                },
            };
            node.accounts().create(new).await.unwrap()
        })
        .await;
        assert_eq!(made.iter().flatten().count(), 1, "round {round}");
    }
}

async fn one_shared_record_is_made(fresh: Fresh) {
    let nodes = nodes(&fresh).await;
    for round in 0..ROUNDS {
        let owner = owner(&fresh.store, &format!("client-{round}")).await;
        let found = crowd(&nodes, CROWD, |node, caller| async move {
            let new = NewToken {
                salt: Some([caller as u8; 16]),
                ..token(owner)
            };
            node.tokens().find_or_insert(new).await.unwrap().unwrap()
        })
        .await;
        assert!(found.iter().all(|record| *record == found[0]), "round {round}");
    }
    assert_eq!(fresh.count("SELECT count(*) FROM tokens").await, i64::from(ROUNDS));
}

async fn nothing_lives_after_a_sign_out_that_met_refreshes(fresh: Fresh) {
    let (nodes, owner) = (nodes(&fresh).await, owner(&fresh.store, "workshop@email.dk").await);
    for family in 0..ROUNDS {
        let id = fresh
            .store
            .tokens()
            .insert(session(owner, family))
            .await
            .unwrap()
            .unwrap();
        crowd(&nodes, 8, |node, caller| async move {
            let tokens = node.tokens();
            match caller {
                0 => assert!(tokens.revoke(id, NOW).await.unwrap()),
                1..4 => {
                    let to = generation(family, 1);
                    let _ = tokens.rotate(id, &generation(family, 0).current, &to).await.unwrap();
                }
                _ => {
                    let mut child = token(owner);
                    child.parent = Some(id);
                    let _ = tokens.insert(child).await.unwrap();
                }
            }
        })
        .await;
        assert!(fresh.store.tokens().find(id).await.unwrap().is_none());
        let left = fresh.store.token_admin().tokens_of(owner, None, 100).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
        let (tokens, now, next) = (fresh.store.tokens(), generation(family, 1), generation(family, 2));
        assert!(!tokens.rotate(id, &now.current, &next).await.unwrap());
    }
}

async fn nothing_lives_after_a_password_change_that_met_sign_ins(fresh: Fresh) {
    let (nodes, owner) = (nodes(&fresh).await, owner(&fresh.store, "workshop@email.dk").await);
    for round in 0..ROUNDS {
        sign_in_while_the_password_changes(&nodes, owner, round).await;
        let left = fresh.store.token_admin().tokens_of(owner, None, 100).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// A sign-in gets a token that the change covers, or none: never one that outlives the change's entry in the feed.
async fn a_change_is_told_until_the_last_token_that_met_it_ends(fresh: Fresh) {
    let (nodes, owner) = (nodes(&fresh).await, owner(&fresh.store, "workshop@email.dk").await);
    for round in 0..ROUNDS {
        let inserted = sign_in_while_the_password_changes(&nodes, owner, round).await;
        let change = Change::Superseded(owner, Generation(i64::from(round) + 1));
        let feed = fresh.store.tokens().changes(0, 1000).await.unwrap();
        let entry = feed.iter().find(|entry| entry.change == change).unwrap();
        assert!(inserted == 0 || entry.until >= NOW.plus(HOUR * 24 * 7), "round {round}");
    }
}

/// How many tokens were issued beside the change.
async fn sign_in_while_the_password_changes(nodes: &[DieselStore; 2], owner: Subject, round: u8) -> usize {
    let inserted = crowd(nodes, 12, |node, caller| async move {
        if caller == 0 {
            assert!(node.passwords().set(owner, "hash", true, NOW).await.unwrap());
            return false;
        }
        let new = NewToken {
            generation: Generation(round.into()),
            expires_at: Some(NOW.plus(HOUR * 24 * 7)),
            ..token(owner)
        };
        node.tokens().insert(new).await.unwrap().is_some()
    });
    inserted.await.iter().filter(|inserted| **inserted).count()
}

async fn chosen_numbers_and_given_ones_do_not_meet(fresh: Fresh) {
    let nodes = nodes(&fresh).await;
    let made = crowd(&nodes, CROWD, |node, caller| async move {
        let subject = (caller % 2 == 0).then_some(Subject(caller as i64 + 1));
        let new = NewAccount {
            subject,
            ..account(&format!("account-{caller}"))
        };
        (subject, node.accounts().create(new).await.unwrap())
    })
    .await;
    let chosen = made.iter().filter(|(chosen, _)| chosen.is_some());
    assert!(chosen.clone().all(|(chosen, made)| made.is_none() || made == chosen));
    let given = made.iter().filter(|(chosen, _)| chosen.is_none());
    assert!(given.clone().all(|(_, made)| made.is_some()), "{made:?}");
}

async fn one_first_key_is_made(fresh: Fresh) {
    let nodes = nodes(&fresh).await;
    for purpose in ["mechanics", "login"] {
        let made = crowd(&nodes, 5, |node, caller| async move {
            let key = key(&format!("{purpose}-{caller}"), purpose);
            node.keys().insert_first(&key).await.unwrap()
        })
        .await;
        assert_eq!(made.iter().filter(|made| **made).count(), 1, "{purpose}");
    }
    assert_eq!(fresh.store.keys().keys().await.unwrap().len(), 2);
}

async fn one_value_is_kept(fresh: Fresh) {
    let nodes = nodes(&fresh).await;
    let kept = crowd(&nodes, CROWD, |node, caller| async move {
        let value = [caller as u8];
        node.meta().put_if_absent("check", &value).await.unwrap()
    })
    .await;
    assert!(kept.iter().all(|value| *value == kept[0]));
    assert_eq!(fresh.store.meta().value("check").await.unwrap(), Some(kept[0].clone()));
    assert_eq!(fresh.store.meta().value("other").await.unwrap(), None);
}

/// On SQLite, operations that wait together share a transaction; each is undone alone.
async fn one_failure_undoes_nobody_elses_work(fresh: Fresh) {
    let nodes = nodes(&fresh).await;
    let worked = crowd(&nodes, CROWD, |node, caller| async move {
        match caller % 3 {
            0 => {
                let bad = format!("INSERT INTO meta (name, value) VALUES ('bad-{caller}', ''); SELECT nothing");
                node.dangerous_execute(&bad).await.is_ok()
            }
            _ => {
                let new = account(&format!("account-{caller}"));
                node.accounts().create(new).await.unwrap().is_some()
            }
        }
    })
    .await;
    assert!(
        worked
            .iter()
            .enumerate()
            .all(|(caller, worked)| *worked == (caller % 3 != 0))
    );
    let good = worked.iter().filter(|worked| **worked).count();
    assert_eq!(fresh.count("SELECT count(*) FROM accounts").await, good as i64);
    assert_eq!(
        fresh.count("SELECT count(*) FROM meta WHERE name LIKE 'bad-%'").await,
        0
    );
}
