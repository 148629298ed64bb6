//! The newest answers, by what was asked: they tell how a model answers before its own requests are sent.

use rusqlite::params;

use super::{Fields, Key, Store, StoreError};

impl Store {
    /// The keys of at most so many answers, the newest first, with what was asked. Those that were kept without it, or
    /// with a damaged one, are passed over.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn newest(&self, most: usize) -> Result<Vec<(Key, Fields)>, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows: Vec<(Key, Vec<u8>)> = self.with(|connection| {
            let sql = "SELECT key, fields FROM answers JOIN keys USING (id)
                       WHERE fields IS NOT NULL ORDER BY answers.id DESC LIMIT ?1";
            let mut statement = connection.prepare(sql)?;
            statement.query_map(params![most], |row| Ok((Key(row.get(0)?), row.get(1)?)))?.collect()
        })?;
        Ok(rows.into_iter().filter_map(|(key, fields)| Some((key, Fields::decode(&fields).ok()?))).collect())
    }
}
