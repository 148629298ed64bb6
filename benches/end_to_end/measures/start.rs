//! What a command costs that does nothing.

use super::{Extent, wall};
use crate::Result;
use crate::cutover::Folder;
use crate::table::{Row, median, milliseconds};

/// Starts a round.
const STARTS: usize = 4;

pub(super) fn measure(extent: &Extent) -> Result<Vec<Row>> {
    let folder = Folder::new(1)?;
    let row = |arguments: &str| {
        folder.cutover(arguments)?;
        let took = (0..extent.rounds * STARTS).map(|_| folder.cutover(arguments)).collect::<Result<Vec<_>>>()?;
        let wall = median(took.iter().map(wall)) * 1e3;
        Ok(Row::new(6, format!("cutover {arguments}")).value(milliseconds(wall), "≤ 15 ms", wall <= 15.0))
    };
    ["--version", "--help"].into_iter().map(row).collect()
}
