//! Giving and taking rights.

use auth_core::Clock;

use super::shown;
use crate::simulation::model::Rights;
use crate::simulation::people::stored_role;
use crate::simulation::world::World;

impl World<'_> {
    pub(in crate::simulation) async fn set_role(&self, account: usize) {
        if !self.take(account) {
            return;
        }
        let role = self.kernel.below(self.model().roles.len());
        let (subject, name) = (
            self.model().accounts[account].subject,
            self.model().roles[role].name.clone(),
        );
        let began = self.begin(format!("give {account} {name}"));
        self.model_mut().accounts[account].role.begin(role, began);
        let now = self.commands.clock.now();
        let outcome = self
            .command(self.setup.ports.accounts.set_role(subject, Some(&name), now))
            .await;
        let (_, ended) = self.finish(began, "new role", shown(&outcome));
        let mut model = self.model_mut();
        if matches!(outcome, Some(Ok(true))) {
            model.accounts[account].role.acknowledge(ended);
        }
        model.accounts[account].release();
    }

    pub(in crate::simulation) async fn edit_role(&self) {
        let role = self.kernel.below(self.model().roles.len());
        if std::mem::replace(&mut self.model_mut().roles[role].busy, true) {
            return;
        }
        let all = ["read", "write", "delete", "export"];
        let rights: Rights = all
            .into_iter()
            .filter(|_| self.kernel.one_in(2))
            .map(str::to_owned)
            .collect();
        let name = self.model().roles[role].name.clone();
        let began = self.begin(format!("{name} may {rights:?}"));
        self.model_mut().roles[role].rights.begin(rights.clone(), began);
        let now = self.commands.clock.now();
        let stored = stored_role(&name, &rights);
        let outcome = self.command(self.setup.ports.roles.put(&stored, now)).await;
        let (_, ended) = self.finish(began, "edited role", shown(&outcome));
        let mut model = self.model_mut();
        if matches!(outcome, Some(Ok(()))) {
            model.roles[role].rights.acknowledge(ended);
        }
        model.roles[role].busy = false;
    }
}
