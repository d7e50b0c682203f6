using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;

namespace StreamScoring.Host.Serving;

/// <summary>
/// The actor system that a graph runs on. Its own log says nothing but errors: what matters reaches
/// the caller as an exception.
/// </summary>
internal sealed class AkkaSystem : IAsyncDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("scoring", ConfigurationFactory.ParseString(
        """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          coordinated-shutdown.exit-clr = off
        }
        """));

    public AkkaSystem() => Materializer = _system.Materializer();

    public ActorMaterializer Materializer { get; }

    public async ValueTask DisposeAsync()
    {
        Materializer.Dispose();
        await _system.Terminate();
        _system.Dispose();
    }
}
