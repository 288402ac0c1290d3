//! One connection of HTTP/1.1 or HTTP/2.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::Service as _;
use tracing::debug;

/// Serves requests with `router` until the connection ends. After `stop`, the request under way is the last.
pub(super) async fn serve<S>(stream: S, peer: SocketAddr, router: axum::Router, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    drive(stream, service, stop).await;
}

/// Answers every request of a connection by `answer`.
pub(super) async fn answer_all<S>(stream: S, answer: fn(&Request<Incoming>) -> Response<Body>, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request| std::future::ready(Ok(answer(&request))));
    drive(stream, service, stop).await;
}

async fn drive<S, H>(stream: S, service: H, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    H: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Send + 'static,
    H::Future: Send + 'static,
{
    let builder = builder();
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "an HTTP connection ended badly");
    }
}

/// Bounds for what a stranger may send before anybody knows him.
fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // Also closes a connection that is kept alive and asks nothing more.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .max_headers(100)
        // A LiveKit client's token and wishes come in the request line, of which 64 KiB are taken.
        .max_buf_size(128 * 1024);
    // Extended CONNECT (RFC 8441) stays off: browsers then open a connection of HTTP/1.1 for a WebSocket, which
    // the Socket.IO library can serve.
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .max_concurrent_streams(128)
        .max_header_list_size(96 * 1024);
    builder
}

const HEADER_PATIENCE: Duration = Duration::from_secs(10);
