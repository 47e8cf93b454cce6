//! A result that nobody gets is no success.
#![cfg(target_os = "linux")]

use std::{fs::File, process::Stdio};

use crate::{Place, Said};

#[test]
fn a_result_that_cant_be_written_fails() {
    let place = Place::new();
    place.open_budget();
    for line in ["budget show", "budget show --json", "--help", "--version"] {
        let mut command = place.erewhon();
        let full = File::options().write(true).open("/dev/full").unwrap();
        command.args(line.split(' ')).stdout(full);
        command.stderr(Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        Said::output(line, output).failed(75, "can't write `standard output`: the disk is full");
    }
}

#[test]
fn a_reader_that_went_away_has_all_it_wanted() {
    let place = Place::new();
    place.open_budget();
    for line in ["budget show", "--help"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = place.erewhon();
        command.args(line.split(' ')).stdout(writer);
        command.stderr(Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        Said::output(line, output).done();
    }
}
