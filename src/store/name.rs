//! Names and keys by number: a row of the ledger or an answer holds the numbers, which take a few bytes each.

use rusqlite::{Connection, OptionalExtension, params};

use super::Key;

/// The number of a name; `None` where nothing goes by it.
pub(super) fn find(connection: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    connection.prepare_cached("SELECT id FROM names WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()
}

/// The number of a name, a new one where it has none.
pub(super) fn find_or_add(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    match find(connection, name)? {
        Some(id) => Ok(id),
        None => connection.prepare_cached("INSERT INTO names (name) VALUES (?1)")?.insert([name]),
    }
}

/// The number of a key, and whether it is new.
pub(super) fn find_or_add_key(connection: &Connection, key: &Key) -> rusqlite::Result<(i64, bool)> {
    // Nearly every key is new: to try is faster than to look first.
    let sql = "INSERT INTO keys (key) VALUES (?1) ON CONFLICT DO NOTHING";
    if connection.prepare_cached(sql)?.execute(params![key.0])? == 1 {
        return Ok((connection.last_insert_rowid(), true));
    }
    let sql = "SELECT id FROM keys WHERE key = ?1";
    Ok((connection.prepare_cached(sql)?.query_row(params![key.0], |row| row.get(0))?, false))
}
