//! What a server tells those who wait, and what must hold then.

use super::case::{at, bit};
use super::happening::Happening;
use super::mistake::Mistake;
use super::property::{Property, Violation};
use super::protocol::Protocol;
use super::server::Ticket;
use super::store::resource_version;
use super::world::World;
use crate::replay::ledger::Ledger;
use crate::replay::{Outcome, Verdict};

// === impl Protocol ===

impl Protocol {
    /// Ends the exploration, if the property is looked at.
    pub(super) fn violates<T: Default>(&self, property: Property, how: String) -> Result<T, Violation> {
        if self.only.is_some_and(|only| only != property) {
            return Ok(T::default());
        }
        Err(Violation { property, how })
    }

    /// A replay is one only if there was more than `itself` that may have used it.
    pub(super) fn look_at_replay(
        &self,
        world: &World,
        server: usize,
        number: usize,
        position: usize,
        itself: u8,
    ) -> Result<(), Violation> {
        let formats = world.servers[server].get().formats();
        let place = position.checked_div(formats).unwrap_or_default();
        let this = self.case.requests[number].uses[place];
        if world.uses[self.case.use_of(this)] > itself {
            return Ok(());
        }
        let how =
            format!("assertion {this} was never used, and request {number} is told that it is a replay");
        self.violates(Property::NoFirstUseIsAReplay, how)
    }

    /// Takes the verdicts of a server, as the endpoint does.
    pub(super) fn judge(
        &self,
        world: &mut World,
        server: usize,
        verdicts: Vec<Verdict<Ticket>>,
    ) -> Result<(), Violation> {
        for (ticket, outcome) in verdicts {
            let number = usize::from(ticket);
            if world.servers[server].get().outstanding & bit(number) == 0 {
                let how = format!("request {number} does not wait, and is told {outcome:?}");
                return self.violates(Property::OneVerdict, how);
            }
            world.servers[server].change(|server| server.outstanding &= !bit(number));
            match outcome {
                Outcome::Owned => self.grant(world, server, number)?,
                Outcome::Replayed(position) => {
                    self.tally.count(Happening::Replayed);
                    self.look_at_replay(world, server, number, position, 1)?;
                }
                Outcome::Unknown => {
                    self.tally.count(Happening::Unknown);
                    world.may_retry(number);
                }
                Outcome::Unavailable | Outcome::ClientFull | Outcome::LogFull => {
                    self.tally.count(Happening::Refused);
                    world.may_retry(number);
                    for this in &self.case.requests[number].uses {
                        let count = &mut world.uses[self.case.use_of(*this)];
                        *count = count.saturating_sub(1);
                    }
                }
            }
        }
        Ok(())
    }

    /// Looks at the times again, and grants.
    fn grant(&self, world: &mut World, server: usize, number: usize) -> Result<(), Violation> {
        let request = &self.case.requests[number];
        let wall = world.servers[server].get().wall(&self.case, self.now(world));
        let right = world.servers[server].get().clock_is_right(&self.case);
        let any_clock = matches!(
            self.case.mistake,
            Some(Mistake::ServesWithAnyClock | Mistake::LooksAtClockOnce)
        );
        if !right && !any_clock {
            self.tally.count(Happening::ClocksApart);
            world.may_retry(number);
            return Ok(());
        }
        let mut ends = request.uses.iter().map(|this| self.case.assertions[*this].until);
        if ends.any(|end| wall >= at(end)) {
            if self.case.mistake != Some(Mistake::LooksAtTimesOnce) {
                self.tally.count(Happening::Expired);
                return Ok(());
            }
            let how = format!("server {server} grants request {number} after its time");
            self.violates::<()>(Property::GrantsInTime, how)?;
        }
        self.tally.count(Happening::Granted);
        for this in &request.uses {
            if world.granted & bit(*this) != 0 {
                let how = format!(
                    "server {server} grants assertion {this} in request {number}, and it was granted before"
                );
                return self.violates(Property::OneGrant, how);
            }
            world.granted |= bit(*this);
        }
        Ok(())
    }

    /// What must hold of a state.
    pub(super) fn look_at(&self, world: &World) -> Result<(), Violation> {
        for (number, server) in world.servers.iter().enumerate() {
            let server = server.get();
            if server.outstanding != 0 && server.is_idle(world.store.get()) {
                let how = format!("requests wait at server {number} for ever");
                self.violates::<()>(Property::OneVerdict, how)?;
            }
            let known = server.replica.ledger().map(Ledger::version);
            let shown = server.watch.map(resource_version);
            if shown.is_some() && shown != known {
                let how = format!("server {number} was shown {shown:?}, and knows {known:?}");
                self.violates::<()>(Property::WatchGoesOn, how)?;
            }
        }
        let settled = world.servers.iter().all(|server| server.get().is_retired());
        let all = bit(self.case.assertions.len()).saturating_sub(1);
        if settled && self.case.is_quiet() && world.granted != all {
            let how = format!("of {all:b}, only {:b} are granted", world.granted);
            self.violates::<()>(Property::QuietGrants, how)?;
        }
        Ok(())
    }
}
