mod judging;
mod lasting;
mod world;
