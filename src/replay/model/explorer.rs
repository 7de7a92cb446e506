//! Looks at every state that a system can be in, the nearest first.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::{self, Display};

/// A system that is in one state at a time.
pub(super) trait System {
    type State: Clone;
    type Action: Copy + Display;
    /// What a state, or a step to it, must not be.
    type Fault: Display;

    fn initial(&self) -> Self::State;

    /// What may happen next.
    fn actions(&self, state: &Self::State) -> Vec<Self::Action>;

    /// The state after `action`.
    fn step(&self, state: &Self::State, action: Self::Action) -> Result<Self::State, Self::Fault>;

    /// Equal for states that nothing can tell apart, and for no others.
    fn fingerprint(&self, state: &Self::State) -> u64;
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Explored {
    pub(super) states: usize,
    pub(super) transitions: usize,
    /// The number of steps to the farthest state.
    pub(super) depth: usize,
}

/// A shortest way to a fault.
#[derive(Debug)]
pub(super) struct Counterexample<F> {
    pub(super) fault: F,
    /// The actions, the last of which is at fault.
    pub(super) path: Vec<String>,
    /// What was looked at before it was found.
    pub(super) explored: Explored,
}

/// Explores `system`, up to `limit` states, more of which are a mistake in the case.
pub(super) fn explore<S: System>(system: &S, limit: usize) -> Result<Explored, Counterexample<S::Fault>> {
    let initial = system.initial();
    let start = system.fingerprint(&initial);
    let mut came_by: HashMap<u64, Option<(u64, S::Action)>> = HashMap::from([(start, None)]);
    let mut explored = Explored {
        states: 1,
        transitions: 0,
        depth: 0,
    };
    let mut level = vec![(start, initial)];
    loop {
        let mut next = Vec::new();
        for (from, state) in level {
            for action in system.actions(&state) {
                explored.transitions = explored.transitions.saturating_add(1);
                let after = match system.step(&state, action) {
                    Ok(after) => after,
                    Err(fault) => {
                        let path = path(&came_by, from, action);
                        return Err(Counterexample {
                            fault,
                            path,
                            explored,
                        });
                    }
                };
                let print = system.fingerprint(&after);
                if let Entry::Vacant(unseen) = came_by.entry(print) {
                    unseen.insert(Some((from, action)));
                    next.push((print, after));
                }
            }
        }
        explored.states = came_by.len();
        assert!(explored.states <= limit, "more than {limit} states");
        if next.is_empty() {
            return Ok(explored);
        }
        explored.depth = explored.depth.saturating_add(1);
        level = next;
    }
}

impl Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            states,
            transitions,
            depth,
        } = self;
        write!(f, "{states} states, {transitions} transitions, {depth} deep")
    }
}

impl<F: Display> Display for Counterexample<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}; after {}:", self.fault, self.explored)?;
        let mut steps = self.path.iter();
        steps.try_for_each(|step| writeln!(f, "  {step}"))
    }
}

/// The actions that lead to the state `at`, and the last one.
fn path<A: Copy + Display>(came_by: &HashMap<u64, Option<(u64, A)>>, at: u64, last: A) -> Vec<String> {
    let mut path = vec![last.to_string()];
    let mut at = at;
    while let Some(Some((from, action))) = came_by.get(&at) {
        path.push(action.to_string());
        at = *from;
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two counters modulo 4, of which the sum must not be `forbidden`.
    struct Counters {
        forbidden: u64,
    }

    impl System for Counters {
        type State = [u64; 2];
        type Action = usize;
        type Fault = u64;

        fn initial(&self) -> [u64; 2] {
            [0, 0]
        }

        fn actions(&self, _: &[u64; 2]) -> Vec<usize> {
            vec![0, 1]
        }

        fn step(&self, state: &[u64; 2], action: usize) -> Result<[u64; 2], u64> {
            let mut after = *state;
            after[action] = after[action].saturating_add(1) & 3;
            let sum = after[0].saturating_add(after[1]);
            if sum == self.forbidden {
                Err(sum)
            } else {
                Ok(after)
            }
        }

        fn fingerprint(&self, state: &[u64; 2]) -> u64 {
            state[0].saturating_mul(4).saturating_add(state[1])
        }
    }

    #[test]
    fn every_state_is_looked_at_once() {
        let explored = explore(&Counters { forbidden: 7 }, 16).ok();
        let all = Explored {
            states: 16,
            transitions: 32,
            depth: 6,
        };
        assert_eq!(explored, Some(all));
    }

    #[test]
    fn the_way_to_a_fault_is_a_shortest_one() {
        let found = explore(&Counters { forbidden: 4 }, 16).unwrap_err();
        assert_eq!((found.fault, found.path.len()), (4, 4));
        assert!(found.explored.states < 16);
    }
}
