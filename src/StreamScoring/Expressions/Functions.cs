namespace StreamScoring.Expressions;

// Each function is a struct, so that the JIT makes one loop per function with the call inlined.

internal readonly struct Negate : IUnaryFunction
{
    public static double Invoke(double value) => -value;
}

internal readonly struct Abs : IUnaryFunction
{
    public static double Invoke(double value) => Math.Abs(value);
}

internal readonly struct Log : IUnaryFunction
{
    public static double Invoke(double value) => value > 0 ? Math.Log(value) : double.NaN;
}

internal readonly struct Exp : IUnaryFunction
{
    public static double Invoke(double value) => Finite.OrMissing(Math.Exp(value));
}

internal readonly struct Sqrt : IUnaryFunction
{
    public static double Invoke(double value) => Math.Sqrt(value);
}

internal readonly struct Floor : IUnaryFunction
{
    public static double Invoke(double value) => Math.Floor(value);
}

internal readonly struct Ceiling : IUnaryFunction
{
    public static double Invoke(double value) => Math.Ceiling(value);
}

/// <summary>To the nearest whole number, halves away from zero.</summary>
internal readonly struct Round : IUnaryFunction
{
    public static double Invoke(double value) => Math.Round(value, MidpointRounding.AwayFromZero);
}

internal readonly struct Hour : IUnaryFunction
{
    public static double Invoke(double value) => EventClock.IsTime(value) ? EventClock.Modulo(value, EventClock.DayMs) / EventClock.HourMs : double.NaN;
}

internal readonly struct Minute : IUnaryFunction
{
    public static double Invoke(double value) => EventClock.IsTime(value) ? EventClock.Modulo(value, EventClock.HourMs) / EventClock.MinuteMs : double.NaN;
}

/// <summary>ISO 8601: Monday is 1, Sunday 7.</summary>
internal readonly struct Weekday : IUnaryFunction
{
    public static double Invoke(double value) => EventClock.IsTime(value) ? EventClock.Weekday(value) : double.NaN;
}

internal readonly struct IsWeekend : IUnaryFunction
{
    public static double Invoke(double value) => !EventClock.IsTime(value) ? double.NaN : EventClock.Weekday(value) >= 6 ? 1 : 0;
}

/// <summary>Calendar days since 1970-01-01.</summary>
internal readonly struct DayNumber : IUnaryFunction
{
    private const double DayMs = 86_400_000;

    public static double Invoke(double value) => EventClock.IsTime(value) ? Math.Floor(value / DayMs) : double.NaN;
}

internal readonly struct DayOfMonth : IUnaryFunction
{
    public static double Invoke(double value) => EventClock.IsTime(value) ? DateTimeOffset.FromUnixTimeMilliseconds((long)value).Day : double.NaN;
}

internal readonly struct Add : IBinaryFunction
{
    public static double Invoke(double left, double right) => left + right;
}

internal readonly struct Subtract : IBinaryFunction
{
    public static double Invoke(double left, double right) => left - right;
}

internal readonly struct Multiply : IBinaryFunction
{
    public static double Invoke(double left, double right) => left * right;
}

/// <summary>Division by zero is missing.</summary>
internal readonly struct Divide : IBinaryFunction
{
    public static double Invoke(double left, double right) => right == 0 ? double.NaN : left / right;
}

internal readonly struct Power : IBinaryFunction
{
    public static double Invoke(double left, double right) => Finite.OrMissing(Math.Pow(left, right));
}

internal readonly struct Min : IBinaryFunction
{
    public static double Invoke(double left, double right) => Math.Min(left, right);
}

internal readonly struct Max : IBinaryFunction
{
    public static double Invoke(double left, double right) => Math.Max(left, right);
}

internal readonly struct Coalesce : IBinaryFunction
{
    public static double Invoke(double left, double right) => double.IsNaN(left) ? right : left;
}

internal static class Finite
{
    public static double OrMissing(double value) => double.IsFinite(value) ? value : double.NaN;
}

/// <summary>Calendar arithmetic on ms since the Unix epoch, UTC.</summary>
internal static class EventClock
{
    public const long MinuteMs = 60_000, HourMs = 60 * MinuteMs, DayMs = 24 * HourMs;

    // The years 1 to 9999.
    private const double FirstMs = -62_135_596_800_000, LastMs = 253_402_300_799_999;

    /// <summary>False for what is no time of the calendar, a missing value among it: what is asked
    /// of it is missing.</summary>
    public static bool IsTime(double value) => value is >= FirstMs and <= LastMs;

    public static long Modulo(double value, long modulus) => (((long)value % modulus) + modulus) % modulus;

    /// <summary>The epoch was a Thursday, ISO day 4.</summary>
    public static long Weekday(double value) => ((((long)Math.Floor(value / DayMs) + 3) % 7) + 7) % 7 + 1;
}
