using StreamScoring.Control;
using StreamScoring.Expressions;

namespace StreamScoring;

/// <summary>Makes policies of what the control log says.</summary>
public interface IPolicyMaker
{
    /// <summary>
    /// Makes the policy that is in force by the log. It may take a while: models may have to be
    /// loaded. By one thread at a time.
    /// </summary>
    /// <returns>From here on the caller's; what it holds has to be let go of.</returns>
    /// <exception cref="PolicyNotMadeException">It cannot be made here.</exception>
    PolicyParts Make(ControlState control);

    /// <summary>Reads published rates. A pure function of the text.</summary>
    /// <param name="published">Null: those that hold before any are published.</param>
    /// <returns>Null where there are none, or the text is no rates.</returns>
    CurrencyRates? RatesOf(string? published);
}

/// <summary>What the control log says cannot be applied by this process.</summary>
public sealed class PolicyNotMadeException(string message, Exception? inner = null) : Exception(message, inner);
