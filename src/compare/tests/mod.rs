//! Comparing, tried on small runs whose numbers are known.

mod accounting;
mod divergence;
mod economics;
mod grades;
mod judges;
mod live;
mod properties;
mod repeats;
mod routing;
mod run;
mod sequential;
mod shares;
mod spending;
mod weights;
