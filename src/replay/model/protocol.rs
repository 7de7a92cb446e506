//! What may happen in a world.

use super::action::Action;
use super::case::Case;
use super::explorer::System;
use super::happening::{Happening, Tally};
use super::property::{Property, Violation};
use super::server::Server;
use super::world::World;
use crate::replay::key::ReplayKey;
use crate::replay::ledger::Ledger;

/// A case as a system to explore.
#[derive(Debug)]
pub(super) struct Protocol {
    pub(super) case: Case,
    /// The keys of each request.
    pub(super) keys: Vec<Vec<ReplayKey>>,
    /// The property that is looked at; all of them if none is named.
    pub(super) only: Option<Property>,
    /// What happened, in any state.
    pub(super) tally: Tally,
}

// === impl Protocol ===

impl Protocol {
    pub(super) fn of(case: Case) -> Self {
        Self {
            keys: case.requests.iter().map(|request| case.keys(request)).collect(),
            case,
            only: None,
            tally: Tally::default(),
        }
    }

    pub(super) fn now(&self, world: &World) -> i64 {
        self.case.times[world.time]
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
            let late = server.late.iter().enumerate();
            let late = late.filter(|(_, packet)| store.would_take(packet));
            actions.extend(late.map(|(place, _)| Action::StoreLate(number, place)));
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
            let date_matters = world.time > 0 || self.case.troubles.settings > 0;
            add(knows && date_matters, Action::SeeDate(number));
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
                world.servers[number].change(|server| server.set_clock(case, setting));
            }
            Action::SeeDate(number) => {
                let known = |world: &World| {
                    let replica = &world.servers[number].get().replica;
                    replica.ledger().map(Ledger::segments)
                };
                world.servers[number].change(|server| server.see_date(case, now));
                if known(&world) != known(before) {
                    self.tally.count(Happening::Forgotten);
                }
            }
            Action::Read(place) => {
                let read = self.readable(before).find(|(readable, _)| *readable == place);
                world.read = read.map(|(_, read)| read);
            }
            Action::Delete => self.delete(&mut world),
            Action::Tick => self.tick(&mut world)?,
        }
        if let Some((server, verdicts)) = told {
            self.judge(&mut world, server, verdicts)?;
        }
        self.tidy(&mut world);
        self.look_at(&world)?;
        Ok(world)
    }

    fn fingerprint(&self, world: &World) -> u64 {
        world.fingerprint()
    }
}
