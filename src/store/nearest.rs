//! The stored request that comes nearest to one that has no answer.

use super::{Fields, Key, Store, StoreError};

/// A stored request, and what sets it apart from the one that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// Its key.
    pub key: Key,
    /// The recording that its answer belongs to.
    pub recording: String,
    /// When its answer was bought, in milliseconds since 1970 (UTC).
    pub bought_at: i64,
    /// Where the two differ, in the order of paths.
    pub differs: Vec<Difference>,
}

/// One difference between two requests.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Where, as [`Fields`] names it.
    pub path: String,
    /// What the stored request has there.
    pub stored: Option<String>,
    /// What was asked.
    pub asked: Option<String>,
}

/// The best so far for one request.
struct Best {
    /// Paths that agree, and the fewer that do not.
    rank: (usize, std::cmp::Reverse<usize>, i64),
    key: [u8; 32],
    recording: String,
    fields: Fields,
}

impl Store {
    /// For each of these requests the stored one that shares most of its fields; of several the one with the fewest
    /// others, then the newest. `None` where the store keeps no request at all. Reads every stored request once, and
    /// holds one of them at a time.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn nearest(&self, asked: &[Fields]) -> Result<Vec<Option<Nearest>>, StoreError> {
        let mut best: Vec<Option<Best>> = asked.iter().map(|_| None).collect();
        self.with(|connection| {
            let sql = "SELECT keys.key, names.name, bought_at, fields
                       FROM answers JOIN keys USING (id) JOIN names ON names.id = recording
                       WHERE fields IS NOT NULL ORDER BY answers.id";
            let mut statement = connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                // One that cannot be read is a matter for `verify`, and no neighbour.
                let Ok(fields) = Fields::decode(row.get_ref(3)?.as_blob()?) else { continue };
                for (asked, best) in asked.iter().zip(&mut best) {
                    let shared = asked.shared(&fields);
                    let others = asked.len() + fields.len() - 2 * shared;
                    let rank = (shared, std::cmp::Reverse(others), row.get(2)?);
                    if best.as_ref().is_none_or(|best| best.rank < rank) {
                        *best = Some(Best { rank, key: row.get(0)?, recording: row.get(1)?, fields: fields.clone() });
                    }
                }
            }
            Ok(())
        })?;
        Ok(asked.iter().zip(best).map(|(asked, best)| best.map(|best| best.against(asked))).collect())
    }
}

impl Best {
    fn against(self, asked: &Fields) -> Nearest {
        let difference = |path: &str| {
            let (stored, asked) = (self.fields.get(path).map(str::to_owned), asked.get(path).map(str::to_owned));
            (stored != asked).then(|| Difference { path: path.to_owned(), stored, asked })
        };
        let differs = self.fields.paths(asked).into_iter().filter_map(difference).collect();
        Nearest { key: Key(self.key), recording: self.recording, bought_at: self.rank.2, differs }
    }
}
