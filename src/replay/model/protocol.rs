//! What may happen in a world, and what must hold then.

use super::action::Action;
use super::case::{Case, SKEW, at, bit};
use super::explorer::System;
use super::mistake::Mistake;
use super::property::{Property, Violation};
use super::server::{Server, Ticket};
use super::store::Fate;
use super::world::World;
use crate::replay::key::ReplayKey;
use crate::replay::ledger::Ledger;
use crate::replay::retention::forgettable_from;
use crate::replay::{Outcome, Verdict};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A case as a system to explore.
#[derive(Debug)]
pub(super) struct Protocol {
    pub(super) case: Case,
    /// The keys of each request.
    keys: Vec<Vec<ReplayKey>>,
    /// The property that is looked at; all of them if none is named.
    pub(super) only: Option<Property>,
    /// What happened, in any state, and how often.
    pub(super) tally: RefCell<BTreeMap<&'static str, usize>>,
}

// === impl Protocol ===

impl Protocol {
    pub(super) fn of(case: Case) -> Self {
        Self {
            keys: case.requests.iter().map(|request| case.keys(request)).collect(),
            case,
            only: None,
            tally: RefCell::default(),
        }
    }

    fn count(&self, what: &'static str) {
        let mut tally = self.tally.borrow_mut();
        let count = tally.entry(what).or_default();
        *count = count.saturating_add(1);
    }

    fn violates<T: Default>(&self, property: Property, how: String) -> Result<T, Violation> {
        if self.only.is_some_and(|only| only != property) {
            return Ok(T::default());
        }
        Err(Violation { property, how })
    }

    fn now(&self, world: &World) -> i64 {
        self.case.times[world.time]
    }

    fn may_submit(&self, world: &World, number: usize) -> bool {
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

    fn submit(&self, world: &mut World, number: usize) -> Result<(), Violation> {
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
                self.count("replays known");
                world.closed |= bit(number);
                self.look_at_replay(world, request.server, number, position, 0)
            }
            Some(_) => {
                self.count("503 at once");
                Ok(())
            }
        }
    }

    /// A replay is one only if there was more than `itself` that may have used it.
    fn look_at_replay(
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
    fn judge(
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
                    self.count("replays");
                    self.look_at_replay(world, server, number, position, 1)?;
                }
                Outcome::Unknown => {
                    self.count("503 unknown");
                    world.may_retry(number);
                }
                Outcome::Unavailable | Outcome::ClientFull | Outcome::LogFull => {
                    self.count("503 refused");
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
        let any_clock = [Mistake::ServesWithAnyClock, Mistake::LooksAtClockOnce];
        if !right
            && !self
                .case
                .mistake
                .is_some_and(|mistake| any_clock.contains(&mistake))
        {
            self.count("503 for the clock");
            world.may_retry(number);
            return Ok(());
        }
        let mut ends = request.uses.iter().map(|this| self.case.assertions[*this].until);
        if ends.any(|end| wall >= at(end)) {
            if self.case.mistake != Some(Mistake::LooksAtTimesOnce) {
                self.count("expired while it waited");
                return Ok(());
            }
            let how = format!("server {server} grants request {number} after its time");
            self.violates::<()>(Property::GrantsInTime, how)?;
        }
        self.count("grants");
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

    /// The store takes a write of `server`, or does not.
    fn take(&self, world: &mut World, server: usize, late: Option<usize>) -> Result<(), Violation> {
        let of = world.servers[server].get();
        let packet = match late {
            Some(place) => of.late.get(place).cloned(),
            None => of.wire.as_ref().map(|wire| wire.packet.clone()),
        };
        let Some(packet) = packet else {
            return Ok(());
        };
        let fate = world.store.change(|store| store.take(&packet));
        self.count(match (fate, late) {
            (Fate::Stored(_), None) => "writes stored",
            (Fate::Stored(_), Some(_)) => "writes stored late",
            (Fate::Conflict, _) => "writes in conflict",
            (Fate::Gone | Fate::Foreign, _) => "writes to nothing",
        });
        world.servers[server].change(|server| match late {
            Some(place) => drop(server.late.remove(place)),
            None => server.wire.iter_mut().for_each(|wire| wire.fate = Some(fate)),
        });
        if fate == Fate::Foreign {
            let how = format!("server {server} writes to {}", packet.write.name);
            return self.violates(Property::OwnSegmentsOnly, how);
        }
        Ok(())
    }

    fn crash(&self, world: &mut World, server: usize) {
        self.count("crashes");
        world.left.crashes = world.left.crashes.saturating_sub(1);
        let lost = world.servers[server].get().outstanding;
        for number in (0..self.case.requests.len()).filter(|number| lost & bit(*number) != 0) {
            world.may_retry(number);
        }
        world.servers[server].change(|server| server.crash(&self.case));
    }

    /// Drops what nothing can come of any more: servers that nobody asks, events that every watch has shown, and writes
    /// of what nobody uses.
    fn tidy(&self, world: &mut World) {
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

    fn delete(&self, world: &mut World) {
        let Some((uid, version)) = world.read.take() else {
            return;
        };
        let version = Some(version).filter(|_| self.case.mistake != Some(Mistake::DeletesAnyVersion));
        let deleted = world.store.change(|store| store.delete(&uid, version));
        self.count(if deleted {
            "segments deleted"
        } else {
            "deletions refused"
        });
    }

    /// Nobody waits where nothing more can come.
    fn look_at_the_waiting(&self, world: &World) -> Result<(), Violation> {
        for (number, server) in world.servers.iter().enumerate() {
            let server = server.get();
            if server.outstanding != 0 && server.is_idle(world.store.get()) {
                let how = format!("requests wait at server {number} for ever");
                self.violates::<()>(Property::OneVerdict, how)?;
            }
        }
        Ok(())
    }

    /// What the controller may read: segments that may be forgotten, unless it has just read them.
    fn readable<'w>(&self, world: &'w World) -> impl Iterator<Item = (usize, (String, u32))> + use<'w> {
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

impl System for Protocol {
    type State = World;
    type Action = Action;
    type Fault = Violation;

    fn initial(&self) -> World {
        World::new(&self.case)
    }

    fn actions(&self, world: &World) -> Vec<Action> {
        if world.servers.iter().all(|server| server.get().is_retired()) {
            return Vec::new();
        }
        let requests = 0..self.case.requests.len();
        let mut actions: Vec<Action> = requests
            .filter(|number| self.may_submit(world, *number))
            .map(Action::Submit)
            .collect();
        let (store, left) = (world.store.get(), world.left);
        for (number, server) in world.servers.iter().enumerate() {
            let server = server.get();
            for place in 0..server.late.len() {
                actions.push(Action::StoreLate(number, place));
            }
            if server.is_retired() {
                continue;
            }
            let mut add = |may: bool, action: Action| {
                if may {
                    actions.push(action);
                }
            };
            let fate = server.wire.as_ref().map(|wire| wire.fate);
            let sends = server.replica.has_work() && server.replica.is_following();
            add(fate.is_none() && sends, Action::Send(number));
            add(fate == Some(None), Action::Store(number));
            add(matches!(fate, Some(Some(_))), Action::Answer(number));
            add(fate.is_some() && left.faults > 0, Action::LoseAnswer(number));
            add(fate == Some(None) && left.faults > 0, Action::Refuse(number));
            let shows = |watch| store.event_after(watch).is_some();
            add(server.watch.is_some_and(shows), Action::Show(number));
            add(
                server.watch.is_some() && left.breaks > 0,
                Action::LoseSight(number),
            );
            add(server.watch.is_none() && !server.listed, Action::List(number));
            add(server.listed, Action::WatchFromNow(number));
            add(left.crashes > 0, Action::Crash(number));
            for setting in 0..self.case.servers[number].clocks.len() {
                let other = setting != server.clock;
                add(left.settings > 0 && other, Action::SetClock(number, setting));
            }
            let knows = server
                .replica
                .ledger()
                .is_some_and(|ledger| ledger.segments() > 0);
            add(knows && world.time > 0, Action::SeeDate(number));
        }
        actions.extend(self.readable(world).map(|(place, _)| Action::Read(place)));
        if world.read.is_some() {
            actions.push(Action::Delete);
        }
        if world.time.saturating_add(1) < self.case.times.len() {
            actions.push(Action::Tick);
        }
        actions
    }

    fn step(&self, before: &World, action: Action) -> Result<World, Violation> {
        let mut world = before.clone();
        let (case, now, store) = (&self.case, self.now(before), before.store.get());
        let mut told = None;
        match action {
            Action::Submit(number) => self.submit(&mut world, number)?,
            Action::Send(number) => world.servers[number].change(|server| server.send(case, now)),
            Action::Store(number) => self.take(&mut world, number, None)?,
            Action::StoreLate(number, place) => self.take(&mut world, number, Some(place))?,
            Action::Answer(number) => {
                let verdicts = world.servers[number].change(|server| server.answer(case, store));
                told = Some((number, verdicts));
            }
            Action::LoseAnswer(number) => {
                world.left.faults = world.left.faults.saturating_sub(1);
                told = Some((number, world.servers[number].change(Server::lose_answer)));
            }
            Action::Refuse(number) => {
                world.left.faults = world.left.faults.saturating_sub(1);
                told = Some((number, world.servers[number].change(Server::refuse)));
            }
            Action::Show(number) => {
                let verdicts = world.servers[number].change(|server| server.show(case, store));
                told = Some((number, verdicts));
            }
            Action::LoseSight(number) => {
                world.left.breaks = world.left.breaks.saturating_sub(1);
                let verdicts = world.servers[number].change(|server| server.lose_sight(case));
                told = Some((number, verdicts));
            }
            Action::List(number) => {
                let verdicts = world.servers[number].change(|server| server.list(case, store));
                told = Some((number, verdicts));
            }
            Action::WatchFromNow(number) => {
                world.servers[number].change(|server| server.watch_from_now(store));
            }
            Action::Crash(number) => self.crash(&mut world, number),
            Action::SetClock(number, setting) => {
                world.left.settings = world.left.settings.saturating_sub(1);
                world.servers[number].change(|server| server.clock = setting);
            }
            Action::SeeDate(number) => {
                let known = |world: &World| {
                    let replica = &world.servers[number].get().replica;
                    replica.ledger().map(Ledger::segments)
                };
                world.servers[number].change(|server| server.see_date(case, now));
                if known(&world) != known(before) {
                    self.count("segments forgotten");
                }
            }
            Action::Read(place) => {
                let read = self.readable(before).find(|(readable, _)| *readable == place);
                world.read = read.map(|(_, read)| read);
            }
            Action::Delete => self.delete(&mut world),
            Action::Tick => world.time = world.time.saturating_add(1),
        }
        if let Some((server, verdicts)) = told {
            self.judge(&mut world, server, verdicts)?;
        }
        self.tidy(&mut world);
        self.look_at_the_waiting(&world)?;
        Ok(world)
    }

    fn fingerprint(&self, world: &World) -> u64 {
        world.fingerprint()
    }
}
