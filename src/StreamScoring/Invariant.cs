using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace StreamScoring;

/// <summary>
/// Checks that stay on in Release. A broken one is our bug: it stops the graph, which restarts from
/// the last decided offset.
/// </summary>
public static class Invariant
{
    /// <exception cref="InvariantBrokenException">The condition is false.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Require([DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        if (!condition)
        {
            Throw(text);
        }
    }

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Throw(string text) => throw new InvariantBrokenException(text);
}
