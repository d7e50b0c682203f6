namespace StreamScoring.Scoring;

/// <summary>
/// Leaves a model alone that may decide and fails in a row, or does not come to an end: payments go
/// to the one that stands in for it, and do not wait. After a while one batch asks it again. Shared
/// by the lanes of all policies that have the model.
/// </summary>
/// <param name="model">As metrics and the log name it.</param>
/// <param name="failures">Told when it rests and when it answers again; null: nobody is.</param>
internal sealed class ModelRest(string model, TimeProvider clock, ModelFailures? failures)
{
    /// <summary>So many payments in a row without a number are not those payments' fault.</summary>
    internal const int FailedMax = 32;

    internal static readonly TimeSpan First = TimeSpan.FromSeconds(1), Max = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Of one that did not come to an end. Asking it costs a batch the time of a call, so it is
    /// asked seldom where another one stands in.
    /// </summary>
    internal static readonly TimeSpan FirstOfHung = TimeSpan.FromMinutes(1), MaxOfHung = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly RestTime _rest = new(clock);
    private int _failedInARow;
    private bool _isTried;

    /// <summary>Whether to ask it; then <see cref="Told"/> has to be called.</summary>
    /// <param name="isTrial">It rested: one payment is asked of it first.</param>
    public bool MayAsk(out bool isTrial)
    {
        lock (_gate)
        {
            isTrial = _rest.IsUncertain;
            if (_rest.IsResting || (isTrial && _isTried))
            {
                return false;
            }

            _isTried = isTrial;
            return true;
        }
    }

    /// <summary>What came of asking.</summary>
    /// <param name="answered">Payments that it gave a number.</param>
    /// <param name="failed">Payments that it gave none.</param>
    /// <param name="isHung">A call ran out of its time.</param>
    /// <param name="standIn">The model that is asked instead; null: payments get no score.</param>
    public void Told(int answered, int failed, bool isHung, string? standIn)
    {
        lock (_gate)
        {
            _isTried = false;
            _failedInARow = answered > 0 ? 0 : _failedInARow + failed;
            if (isHung || (_rest.IsUncertain && answered == 0 && failed > 0) || (standIn is not null && _failedInARow >= FailedMax))
            {
                var isCostly = isHung && standIn is not null;
                _failedInARow = 0;
                var time = _rest.Rest(isCostly ? FirstOfHung : First, isCostly ? MaxOfHung : Max);
                failures?.Rests(model, standIn, time);
            }
            else if (answered > 0 && _rest.IsUncertain)
            {
                _rest.End();
                failures?.AnswersAgain(model);
            }
        }
    }

    /// <summary>No policy has the model any more.</summary>
    public void Forget()
    {
        if (_rest.IsUncertain)
        {
            failures?.Forget(model);
        }
    }

    /// <summary>Nothing came of asking: the process leaves.</summary>
    public void NotAsked()
    {
        lock (_gate)
        {
            _isTried = false;
        }
    }
}
