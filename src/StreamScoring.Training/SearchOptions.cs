namespace StreamScoring.Training;

/// <summary>How long parameters are looked for.</summary>
/// <param name="Trials">At the most, those of the log among them.</param>
/// <param name="Time">After which no trial begins; null: there is no limit.</param>
/// <param name="LogFile">That trials are kept in.</param>
public sealed record SearchOptions(int Trials, TimeSpan? Time, string LogFile);
