using StreamScoring.Logs;

namespace StreamScoring.Simulation;

/// <summary>The logs of all regions that somebody reads, mirrors included.</summary>
internal sealed class SimulatedInputs
{
    private readonly Dictionary<LogId, SimulatedLog> _logs = [];

    /// <summary>
    /// Deletes a topic and makes it again. Whoever reads it reads on in what is no more.
    /// </summary>
    public void MakeAnew(string region, string topic)
    {
        foreach (var log in _logs.Keys.Where(log => log.Region == region && log.Topic == topic).ToList())
        {
            _logs.Remove(log);
        }
    }

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
