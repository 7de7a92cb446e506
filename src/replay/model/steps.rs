//! What the steps of a world do.

use super::case::{SKEW, at, bit};
use super::happening::Happening;
use super::mistake::Mistake;
use super::property::{Property, Violation};
use super::protocol::Protocol;
use super::server::{Server, Ticket};
use super::store::Fate;
use super::world::World;
use crate::replay::Outcome;
use crate::replay::key::ReplayKey;
use crate::replay::retention::forgettable_from;

// === impl Protocol ===

impl Protocol {
    pub(super) fn may_submit(&self, world: &World, number: usize) -> bool {
        let request = &self.case.requests[number];
        let server = world.servers[request.server].get();
        let wall = server.wall(&self.case, self.now(world));
        let valid = |this: &usize| wall < at(self.case.assertions[*this].until);
        let any_clock = self.case.mistake == Some(Mistake::ServesWithAnyClock);
        let like = |other: &usize| self.case.requests[*other] == *request;
        let earlier = (0..number)
            .filter(like)
            .all(|other| world.closed & bit(other) != 0);
        world.closed & bit(number) == 0
            && earlier
            && request.uses.iter().all(valid)
            && (any_clock || server.clock_is_right(&self.case))
            && (!request.after_deletion || server.saw_deletion)
    }

    pub(super) fn submit(&self, world: &mut World, number: usize) -> Result<(), Violation> {
        let request = &self.case.requests[number];
        let ticket = Ticket::try_from(number).unwrap();
        let now = self.now(world);
        let answer = world.servers[request.server].change(|server| {
            let answer = server.submit(&self.case, now, ticket);
            if answer.is_none() {
                server.outstanding |= bit(number);
            }
            answer
        });
        match answer {
            None => {
                world.closed |= bit(number);
                for this in &request.uses {
                    let count = &mut world.uses[self.case.use_of(*this)];
                    *count = count.saturating_add(1);
                }
                Ok(())
            }
            Some(Outcome::Replayed(position)) => {
                self.tally.count(Happening::KnownReplay);
                world.closed |= bit(number);
                self.look_at_replay(world, request.server, number, position, 0)
            }
            Some(_) => {
                self.tally.count(Happening::Unavailable);
                Ok(())
            }
        }
    }

    /// The store takes a write of `server`, or does not.
    pub(super) fn take(
        &self,
        world: &mut World,
        server: usize,
        late: Option<usize>,
    ) -> Result<(), Violation> {
        let of = world.servers[server].get();
        let packet = match late {
            Some(place) => of.late.get(place).cloned(),
            None => of.wire.as_ref().map(|wire| wire.packet.clone()),
        };
        let Some(packet) = packet else {
            return Ok(());
        };
        let fate = world.store.change(|store| store.take(&packet));
        self.tally.count(match (fate, late) {
            (Fate::Stored(_), None) => Happening::Stored,
            (Fate::Stored(_), Some(_)) => Happening::StoredLate,
            (Fate::Conflict, _) => Happening::Conflict,
            (Fate::Gone | Fate::Foreign, _) => Happening::Gone,
        });
        let again = self.case.sent_twice && late.is_none() && packet.write.after.is_none();
        world.servers[server].change(|server| {
            match late {
                Some(place) => drop(server.late.remove(place)),
                None => server.wire.iter_mut().for_each(|wire| wire.fate = Some(fate)),
            }
            if again {
                server.late.push(packet.clone());
            }
        });
        if fate == Fate::Foreign {
            let how = format!("server {server} writes to {}", packet.write.name);
            return self.violates(Property::OwnSegmentsOnly, how);
        }
        Ok(())
    }

    pub(super) fn crash(&self, world: &mut World, server: usize) {
        self.tally.count(Happening::Crashed);
        world.left.crashes = world.left.crashes.saturating_sub(1);
        let lost = world.servers[server].get().outstanding;
        for number in (0..self.case.requests.len()).filter(|number| lost & bit(*number) != 0) {
            world.may_retry(number);
        }
        world.servers[server].change(|server| server.crash(&self.case));
    }

    pub(super) fn tick(&self, world: &mut World) -> Result<(), Violation> {
        for number in 0..world.servers.len() {
            if self.case.gives_up && world.servers[number].get().outstanding != 0 {
                let told = world.servers[number].change(|server| server.lose_sight(&self.case));
                self.judge(world, number, told)?;
            }
        }
        world.time = world.time.saturating_add(1);
        Ok(())
    }

    /// Drops what nothing can come of any more: servers that nobody asks, events that every watch has shown, and writes
    /// of what nobody uses.
    pub(super) fn tidy(&self, world: &mut World) {
        let mut asked = 0;
        for (number, server) in world.servers.iter_mut().enumerate() {
            let requests = self.case.requests.iter().enumerate();
            let open = requests
                .filter(|(at, request)| request.server == number && world.closed & bit(*at) == 0)
                .fold(0, |open, (at, _)| open | bit(at));
            let waiting = server.get().outstanding;
            if open | waiting == 0 && !server.get().is_retired() {
                server.change(Server::retire);
            }
            asked |= open | waiting;
        }
        let keys = self.keys.iter().enumerate();
        let used: Vec<&ReplayKey> = keys
            .filter(|(number, _)| asked & bit(*number) != 0)
            .flat_map(|(_, keys)| keys)
            .collect();
        world.tidy(&used);
    }

    pub(super) fn delete(&self, world: &mut World) {
        let Some((uid, version)) = world.read.take() else {
            return;
        };
        let version = Some(version).filter(|_| self.case.mistake != Some(Mistake::DeletesAnyVersion));
        let deleted = world.store.change(|store| store.delete(&uid, version));
        self.tally.count(if deleted {
            Happening::Deleted
        } else {
            Happening::DeletionRefused
        });
    }

    /// What the controller may read: segments that may be forgotten, unless it has just read them.
    pub(super) fn readable<'w>(
        &self,
        world: &'w World,
    ) -> impl Iterator<Item = (usize, (String, u32))> + use<'w> {
        let now = at(self.now(world));
        let live = if self.case.collects {
            world.store.get().live()
        } else {
            &[]
        };
        live.iter()
            .enumerate()
            .filter(move |(_, live)| forgettable_from(live.expires, SKEW) < now)
            .map(|(place, live)| (place, (live.uid.clone(), live.version)))
            .filter(|(_, read)| world.read.as_ref() != Some(read))
    }
}
