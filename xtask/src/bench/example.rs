//! Commands of `zvml/examples` beside the same thing as a script: how each server is told of it.

use std::fs;
use std::path::Path;

use crate::bench::client::Client;
use crate::bench::error::BenchError;
use crate::bench::rows::Example;
use crate::bench::stage::Stage;
use crate::bench::subject::Server;

/// The line that a server understands which stands for `command`: ours is given the command's
/// source, any other the script, which it is called by from then on.
pub(super) fn command(
    stage: &Stage,
    example: &Example,
    server: &Server,
    command: &str,
) -> Result<String, BenchError> {
    let folder = stage.root.join("zvml/examples");
    let ours = stage.subjects.iter().any(|it| it.name == server.name && it.is_carrier());
    let broken = |source| BenchError::Connection { server: server.name.clone(), source };
    let mut client = Client::connect(server.address(), server.protocol).map_err(broken)?;
    if ours {
        let source = read(&folder.join(format!("{}.zvml", example.source)))?;
        client.ask(&["ZVML", "LOAD", &source]).map_err(broken)?;
        return Ok(command.to_owned());
    }
    let script = read(&folder.join(format!("lua/{}.lua", example.script)))?;
    let sha = client.ask(&["SCRIPT", "LOAD", &script]).map_err(broken)?;
    let arguments = command.split_once(' ').map_or("", |(_, arguments)| arguments);
    Ok(format!("EVALSHA {sha} 1 {arguments}"))
}

fn read(path: &Path) -> Result<String, BenchError> {
    let what = path.display().to_string();
    fs::read_to_string(path).map_err(|source| BenchError::System { what, source })
}
