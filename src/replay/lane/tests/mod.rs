//! Tests of lanes: the rules one by one, a storm in virtual time, whatever may come, and the line at the door.

mod line;
mod properties;
mod simulation;
mod state;
