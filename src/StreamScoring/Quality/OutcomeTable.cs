namespace StreamScoring.Quality;

/// <summary>Outcomes under small numbers, of all policies whose payments are held.</summary>
internal sealed class OutcomeTable
{
    /// <summary>
    /// Beyond so many, rules and shadows of further outcomes are not told. What is left then is by
    /// model, verdict and action, of which there are few.
    /// </summary>
    public const int ToldMax = 8192, CountMax = ushort.MaxValue;

    private readonly List<PaymentOutcome> _outcomes = [];
    private readonly Dictionary<string, ushort> _numbers = new(StringComparer.Ordinal);
    private readonly Queue<ushort> _free = new();

    /// <summary>Those that policies made, by their identity: nearly every payment is of one of
    /// them.</summary>
    private readonly Dictionary<PaymentOutcome, ushort> _known = new(ReferenceEqualityComparer.Instance);

    public int Count => _numbers.Count;

    public PaymentOutcome this[ushort number] => _outcomes[number];

    public bool IsMarked(ushort number) => _outcomes[number].IsMarked;

    public ushort NumberOf(PaymentOutcome outcome)
    {
        if (!_known.TryGetValue(outcome, out var number))
        {
            var text = outcome.ToText();
            if (!_numbers.TryGetValue(text, out number))
            {
                number = Count < ToldMax ? Add(outcome, text) : NumberOfUntold(new PaymentOutcome(outcome.Role, outcome.Model, outcome.IsFlagged, outcome.Action, Rules: null, Shadows: null));
            }

            _known[outcome] = number;
        }

        return number;
    }

    /// <summary>All others are forgotten, and their numbers are given to others.</summary>
    public void Retain(IReadOnlySet<ushort> numbers)
    {
        _known.Clear();
        foreach (var (text, number) in _numbers.ToList())
        {
            if (!numbers.Contains(number))
            {
                _numbers.Remove(text);
                _free.Enqueue(number);
            }
        }
    }

    private ushort NumberOfUntold(PaymentOutcome outcome)
    {
        var text = outcome.ToText();
        return _numbers.TryGetValue(text, out var number) ? number : Add(outcome, text);
    }

    private ushort Add(PaymentOutcome outcome, string text)
    {
        if (_free.TryDequeue(out var number))
        {
            _outcomes[number] = outcome;
        }
        else
        {
            Invariant.Require(_outcomes.Count < CountMax);
            number = (ushort)_outcomes.Count;
            _outcomes.Add(outcome);
        }

        _numbers[text] = number;
        return number;
    }
}
