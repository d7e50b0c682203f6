using StreamScoring.Regions;

namespace StreamScoring.Simulation;

/// <summary>The logs of all regions that somebody reads, mirrors included.</summary>
internal sealed class SimulatedInputs
{
    private readonly Dictionary<LogId, SimulatedLog> _logs = [];

    public SimulatedLog this[LogId log]
    {
        get
        {
            if (!_logs.TryGetValue(log, out var found))
            {
                _logs[log] = found = new SimulatedLog();
            }

            return found;
        }
    }
}
