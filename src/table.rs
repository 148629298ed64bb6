//! The only file that names polars: tables in and out of Parquet.

use std::fs::File;
use std::path::Path;

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    BooleanChunked, Column as PolarsColumn, DataFrame, DataType, Float64Chunked, Int64Chunked, IntoColumn,
    NewChunkedArray, ParquetReader, ParquetWriter, PolarsError, Schema, SerReader, StringChunked,
};

/// What a column holds. Every column may have gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Whole numbers of 64 bits.
    Integer,
    /// Doubles.
    Number,
    /// True or false.
    Flag,
}

/// A column's name and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// One value; `None` is a gap.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text.
    Text(Option<String>),
    /// A whole number.
    Integer(Option<i64>),
    /// A double.
    Number(Option<f64>),
    /// True or false.
    Flag(Option<bool>),
}

/// A column that was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Texts.
    Text(Vec<Option<String>>),
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Doubles.
    Number(Vec<Option<f64>>),
    /// True or false.
    Flag(Vec<Option<bool>>),
}

/// Why a table cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be opened or made.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The file is no Parquet, or lacks a column.
    #[error(transparent)]
    Polars(#[from] PolarsError),
    /// A cell is of another kind than its column.
    #[error("a value of column `{0}` is of another kind than the column")]
    Kind(&'static str),
}

/// A Parquet file that is written in groups of rows, so that memory holds one group only.
pub struct Writer {
    fields: &'static [Field],
    batched: BatchedWriter<File>,
}

impl Writer {
    /// Makes a file with these columns.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path, fields: &'static [Field]) -> Result<Self, TableError> {
        let schema: Schema = fields.iter().map(|field| (field.name.into(), field.kind.data_type())).collect();
        let batched = ParquetWriter::new(File::create(path)?).set_parallel(false).batched(&schema)?;
        Ok(Self { fields, batched })
    }

    /// Appends a group of rows; each row has one cell a column, in the order of the columns.
    ///
    /// # Errors
    /// The file cannot be written, or a cell is of another kind than its column.
    pub fn write(&mut self, rows: Vec<Vec<Cell>>) -> Result<(), TableError> {
        let height = rows.len();
        let mut columns: Vec<Column> = self.fields.iter().map(|field| field.kind.column(height)).collect();
        for row in rows {
            for ((cell, column), field) in row.into_iter().zip(&mut columns).zip(self.fields) {
                column.push(cell).map_err(|()| TableError::Kind(field.name))?;
            }
        }
        let columns = self.fields.iter().zip(columns).map(|(field, column)| column.into_polars(field.name)).collect();
        let frame = DataFrame::new(height, columns)?;
        Ok(self.batched.write_batch(&frame)?)
    }

    /// Writes the end of the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> Result<(), TableError> {
        self.batched.finish()?;
        Ok(())
    }
}

/// Reads some columns of a Parquet file, in the order asked for: of every row, or of some `(first, count)`, so that
/// memory holds no others.
///
/// # Errors
/// The file cannot be read, lacks a column, or a column is of another kind.
pub fn read(path: &Path, fields: &[Field], rows: Option<(usize, usize)>) -> Result<Vec<Column>, TableError> {
    let names = fields.iter().map(|field| field.name.to_owned()).collect();
    let frame = ParquetReader::new(File::open(path)?).with_columns(Some(names)).with_slice(rows).finish()?;
    fields.iter().map(|field| Column::from_polars(frame.column(field.name)?, field.kind)).collect()
}

impl Kind {
    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::String,
            Self::Integer => DataType::Int64,
            Self::Number => DataType::Float64,
            Self::Flag => DataType::Boolean,
        }
    }

    fn column(self, capacity: usize) -> Column {
        match self {
            Self::Text => Column::Text(Vec::with_capacity(capacity)),
            Self::Integer => Column::Integer(Vec::with_capacity(capacity)),
            Self::Number => Column::Number(Vec::with_capacity(capacity)),
            Self::Flag => Column::Flag(Vec::with_capacity(capacity)),
        }
    }
}

impl Column {
    fn push(&mut self, cell: Cell) -> Result<(), ()> {
        match (self, cell) {
            (Self::Text(values), Cell::Text(value)) => values.push(value),
            (Self::Integer(values), Cell::Integer(value)) => values.push(value),
            (Self::Number(values), Cell::Number(value)) => values.push(value),
            (Self::Flag(values), Cell::Flag(value)) => values.push(value),
            (Self::Text(_) | Self::Integer(_) | Self::Number(_) | Self::Flag(_), _) => return Err(()),
        }
        Ok(())
    }

    fn into_polars(self, name: &str) -> PolarsColumn {
        let name = name.into();
        match self {
            Self::Text(values) => StringChunked::from_iter_options(name, values.into_iter()).into_column(),
            Self::Integer(values) => Int64Chunked::from_iter_options(name, values.into_iter()).into_column(),
            Self::Number(values) => Float64Chunked::from_iter_options(name, values.into_iter()).into_column(),
            Self::Flag(values) => BooleanChunked::from_iter_options(name, values.into_iter()).into_column(),
        }
    }

    fn from_polars(column: &PolarsColumn, kind: Kind) -> Result<Self, TableError> {
        Ok(match kind {
            Kind::Text => Self::Text(column.str()?.iter().map(|text| text.map(str::to_owned)).collect()),
            Kind::Integer => Self::Integer(column.i64()?.iter().collect()),
            Kind::Number => Self::Number(column.f64()?.iter().collect()),
            Kind::Flag => Self::Flag(column.bool()?.iter().collect()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        Field { name: "text", kind: Kind::Text },
        Field { name: "integer", kind: Kind::Integer },
        Field { name: "number", kind: Kind::Number },
        Field { name: "flag", kind: Kind::Flag },
    ];

    fn row(number: i32) -> Vec<Cell> {
        vec![
            Cell::Text((number != 1).then(|| format!("é{number}"))),
            Cell::Integer((number != 2).then_some(i64::MAX - i64::from(number))),
            Cell::Number((number != 3).then_some(f64::from(number) / 3.0)),
            Cell::Flag((number != 4).then_some(number % 2 == 0)),
        ]
    }

    #[test]
    fn what_was_written_in_groups_is_read_back_with_its_gaps() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut writer = Writer::create(file.path(), FIELDS).expect("is made");
        writer.write((0..3).map(row).collect()).expect("is written");
        writer.write((3..6).map(row).collect()).expect("is written");
        writer.finish().expect("is finished");
        let columns = read(file.path(), &[FIELDS[3], FIELDS[0]], None).expect("is read");
        let texts = [Some("é0"), None, Some("é2"), Some("é3"), Some("é4"), Some("é5")];
        assert_eq!(
            columns,
            [
                Column::Flag(vec![Some(true), Some(false), Some(true), Some(false), None, Some(false)]),
                Column::Text(texts.iter().map(|text| text.map(str::to_owned)).collect()),
            ]
        );
        let slice = read(file.path(), &FIELDS[..1], Some((2, 3))).expect("is read");
        assert_eq!(slice, [Column::Text(["é2", "é3", "é4"].map(|text| Some(text.to_owned())).to_vec())]);
        let [Column::Integer(integers), Column::Number(numbers)] =
            &read(file.path(), &FIELDS[1..3], None).expect("is read")[..]
        else {
            panic!("two columns")
        };
        assert_eq!((integers[0], integers[2], numbers[3]), (Some(i64::MAX), None, None));
        assert_eq!(numbers[5], Some(5.0 / 3.0));
    }

    #[test]
    fn a_value_of_the_wrong_kind_and_a_missing_column_are_errors() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut writer = Writer::create(file.path(), &FIELDS[..1]).expect("is made");
        assert!(matches!(writer.write(vec![vec![Cell::Flag(None)]]), Err(TableError::Kind("text"))));
        writer.finish().expect("is finished");
        assert!(matches!(read(file.path(), &FIELDS[1..2], None), Err(TableError::Polars(_))));
    }
}
