namespace StreamScoring.Simulation;

/// <summary>
/// Publishers whose clocks are wrong: by how much the next record is stamped ahead of the time, or
/// behind it. Single records, runs of a few, and in some runs one publisher that is always fast.
/// </summary>
/// <param name="isOn">False where all clocks are right.</param>
internal sealed class WrongClocks(Random random, bool isOn)
{
    private const long Second = 1000, Hour = 3600 * Second, Day = 24 * Hour;

    /// <summary>
    /// Behind by less than a year: an event time may lie no further ahead of its record's
    /// timestamp.
    /// </summary>
    private static readonly long[] Lies = [10 * Second, 45 * Second, Hour, 3650 * Day, -45 * Second, -Hour, -300 * Day];

    private readonly bool _isOneAlwaysFast = isOn && random.Next(3) == 0;
    private int _runLeft;
    private long _runMs;

    /// <returns>ms; 0 for a right clock.</returns>
    public long NextMs()
    {
        if (!isOn)
        {
            return 0;
        }

        if (_runLeft == 0 && random.Next(15) == 0)
        {
            (_runLeft, _runMs) = (random.Next(2) == 0 ? 1 : 2 + random.Next(6), Lies[random.Next(Lies.Length)]);
        }

        if (_runLeft > 0)
        {
            _runLeft--;
            return _runMs;
        }

        return _isOneAlwaysFast && random.Next(3) == 0 ? 45 * Second : 0;
    }
}
