using System.IO.Hashing;
using System.Runtime.InteropServices;
using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Rules;
using StreamScoring.Scoring;

namespace StreamScoring.Quality;

/// <summary>
/// The outcomes of one policy's payments, each made once. By one thread. It allocates only where an
/// outcome is new.
/// </summary>
/// <param name="models">In the order of the policy's.</param>
/// <param name="shadows">Ids, in the order of the policy's.</param>
public sealed class OutcomeIndex(IReadOnlyList<ServedModel> models, IReadOnlyList<string> shadows, RiskThresholds thresholds, IReadOnlyList<Rule> rules)
{
    /// <summary>
    /// Which rules fired together and which shadows flagged makes many outcomes. Beyond so many,
    /// rules and shadows of further ones are not told.
    /// </summary>
    internal const int OutcomesMax = 1024;

    private const int WordBits = 64, ShadowBits = 2;

    private readonly int _ruleWords = (rules.Count + WordBits - 1) / WordBits;
    private readonly ulong[] _words = new ulong[1 + ((rules.Count + WordBits - 1) / WordBits) + (((shadows.Count * ShadowBits) + WordBits - 1) / WordBits)];
    private readonly Dictionary<ulong, (ulong[] Words, PaymentOutcome Outcome)> _outcomes = [];
    private readonly Dictionary<ulong, PaymentOutcome> _untold = [];
    private ulong[] _last = [];
    private PaymentOutcome? _lastOutcome;

    /// <summary>The outcome of a decided row.</summary>
    public PaymentOutcome Of(PaymentBatch batch, int rowIndex)
    {
        Fill(batch, rowIndex);
        if (_lastOutcome is not null && _words.AsSpan().SequenceEqual(_last))
        {
            return _lastOutcome;
        }

        var hash = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(_words.AsSpan()));
        if (_outcomes.TryGetValue(hash, out var known) && known.Words.AsSpan().SequenceEqual(_words))
        {
            (_last, _lastOutcome) = known;
            return known.Outcome;
        }

        return _outcomes.Count < OutcomesMax && known.Words is null ? Add(hash) : Untold();
    }

    /// <summary>Model, verdict and action; the rules; of each shadow whether it answered, and
    /// flagged.</summary>
    private void Fill(PaymentBatch batch, int rowIndex)
    {
        Array.Clear(_words);
        var isFlagged = thresholds.ActionOf(batch.Probability[rowIndex]) != DecisionAction.Allow;
        _words[0] = batch.ModelGiven[rowIndex] | ((ulong)batch.Action[rowIndex] << 8) | (isFlagged ? 1UL << 16 : 0);
        if (batch.Rules.RuleCount > 0)
        {
            batch.Rules.Fired(rowIndex).CopyTo(_words.AsSpan(1));
        }

        for (var shadow = 0; shadow < shadows.Count; shadow++)
        {
            var probability = batch.Shadows.Column(shadow)[rowIndex];
            if (!double.IsNaN(probability))
            {
                var bits = thresholds.ActionOf(probability) != DecisionAction.Allow ? 3UL : 1UL;
                _words[1 + _ruleWords + (shadow * ShadowBits / WordBits)] |= bits << (shadow * ShadowBits % WordBits);
            }
        }
    }

    private PaymentOutcome Add(ulong hash)
    {
        var outcome = Make(
            [.. rules.Where((_, i) => Has(1 + (i / WordBits), i % WordBits)).Select(rule => new FiredRule(rule.Name, rule.ActionName, rule.IsShadow))],
            [.. shadows.Index().Where(shadow => HasAnswer(shadow.Index, 0)).Select(shadow => new ShadowVerdict(shadow.Item, HasAnswer(shadow.Index, 1)))]);
        _outcomes[hash] = (_last, _lastOutcome) = ([.. _words], outcome);
        return outcome;
    }

    private PaymentOutcome Untold()
    {
        if (!_untold.TryGetValue(_words[0], out var outcome))
        {
            _untold[_words[0]] = outcome = Make(rules: null, shadows: null);
        }

        return outcome;
    }

    private PaymentOutcome Make(IReadOnlyList<FiredRule>? rules, IReadOnlyList<ShadowVerdict>? shadows)
    {
        var given = (byte)_words[0];
        var (role, model) = given == PaymentBatch.NoModel ? (PaymentOutcome.NoRole, "") : (models[given].Role.ToString().ToLowerInvariant(), models[given].Id);
        return new PaymentOutcome(role, model, Has(0, 16), (DecisionAction)(byte)(_words[0] >> 8), rules, shadows);
    }

    private bool HasAnswer(int shadow, int bit) => Has(1 + _ruleWords + (shadow * ShadowBits / WordBits), (shadow * ShadowBits % WordBits) + bit);

    private bool Has(int word, int bit) => (_words[word] >> bit & 1) != 0;
}
