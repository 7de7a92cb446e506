//! A thousand good clients beside one bad one of every kind: the good ones are served, and each bad one
//! says what is wrong with it.

mod bad;
mod documents;
mod inline;
mod refused;
mod run;
mod stored;
mod urls;
