using System.Diagnostics.Metrics;
using StreamScoring.Signals;

namespace StreamScoring.Scoring;

/// <summary>What became of answers of shadows that came after their decisions.</summary>
public sealed class LateAnswerMeters
{
    private readonly Counter<long> _written, _lost;

    public LateAnswerMeters(EngineMeter meter)
    {
        ArgumentNullException.ThrowIfNull(meter);
        var answers = meter.CreateCounter("scoring_shadow_answers_total", "Answers of shadow models for the shadow topic, by whether they are there.", ["outcome"]);
        (_written, _lost) = (answers.With("written"), answers.With("lost"));
    }

    public void Written() => _written.Add(1);

    public void Lost() => _lost.Add(1);
}
