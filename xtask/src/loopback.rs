//! A port on the loopback interface, on both addresses that `localhost` can mean.

use anyhow::{Result, anyhow, bail};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use tokio::net::TcpStream;

/// A port on 127.0.0.1, and on ::1 if the machine has it.
pub struct Loopback {
    port: u16,
    ipv4: TcpListener,
    ipv6: Option<TcpListener>,
}

impl Loopback {
    /// Takes `port`; `option` is the command-line option for another port.
    ///
    /// # Errors
    /// One sentence with the remedy if another program has the port on either address.
    pub fn take(port: u16, option: &str) -> Result<Self> {
        let taken = || anyhow!("Port {port} is taken: stop what uses it or pass {option} N.");
        let ipv4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => taken(),
            ErrorKind::PermissionDenied => anyhow!("Port {port} needs more rights: pass {option} N with N above 1023."),
            _ => anyhow!("Port {port} cannot be opened on 127.0.0.1 ({error}): pass {option} N to choose another."),
        })?;
        let port = ipv4.local_addr()?.port();
        let ipv6 = match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
            Ok(listener) => Some(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(taken()),
            Err(_) => None,
        };
        Ok(Loopback { port, ipv4, ipv6 })
    }

    /// Takes any port that is free on both addresses.
    pub fn take_free() -> Result<Self> {
        for _ in 0..20 {
            if let Ok(loopback) = Loopback::take(0, "") {
                return Ok(loopback);
            }
        }
        bail!("No free port was found: close programs that use many ports, and run this again.")
    }

    /// Its origin.
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The listener for a server; connections to ::1 are forwarded to it.
    ///
    /// Must be called inside a tokio runtime.
    pub fn listen(self) -> Result<tokio::net::TcpListener> {
        let target = self.ipv4.local_addr()?;
        if let Some(ipv6) = self.ipv6 {
            tokio::spawn(relay(into_tokio(ipv6)?, target));
        }
        into_tokio(self.ipv4)
    }
}

fn into_tokio(listener: TcpListener) -> Result<tokio::net::TcpListener> {
    listener.set_nonblocking(true)?;
    Ok(tokio::net::TcpListener::from_std(listener)?)
}

async fn relay(from: tokio::net::TcpListener, to: SocketAddr) {
    while let Ok((mut caller, _)) = from.accept().await {
        tokio::spawn(async move {
            if let Ok(mut server) = TcpStream::connect(to).await {
                // Data is forwarded without delay.
                for side in [&caller, &server] {
                    let _slower_without = side.set_nodelay(true);
                }
                let _ended_by_either_side = tokio::io::copy_bidirectional(&mut caller, &mut server).await;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_one_sentence_with_the_remedy() {
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = other.local_addr().unwrap().port();
        let error = Loopback::take(port, "--app-port").err().unwrap();
        assert_eq!(format!("{error:#}"), format!("Port {port} is taken: stop what uses it or pass --app-port N."));
    }

    #[test]
    fn a_port_that_is_only_taken_on_ipv6_is_taken() {
        let Ok(other) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
            return println!("this machine has no ::1");
        };
        let port = other.local_addr().unwrap().port();
        let error = Loopback::take(port, "--ehr-port").err().unwrap();
        assert!(error.to_string().starts_with(&format!("Port {port} is taken")), "{error}");
    }

    #[tokio::test]
    async fn both_addresses_reach_the_server() {
        let loopback = Loopback::take_free().unwrap();
        let port = loopback.port;
        let has_ipv6 = loopback.ipv6.is_some();
        let listener = loopback.listen().unwrap();
        let server = axum::Router::new().fallback(async || "here");
        tokio::spawn(async move { axum::serve(listener, server).await });
        let mut addresses: Vec<SocketAddr> = vec![(Ipv4Addr::LOCALHOST, port).into()];
        addresses.extend(has_ipv6.then(|| SocketAddr::from((Ipv6Addr::LOCALHOST, port))));
        for address in addresses {
            assert!(crate::serve::fetch(address, "/").await.ends_with("here"), "{address}");
        }
    }
}
