using System.Security.Cryptography;
using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Expressions;

namespace StreamScoring.Configuration;

/// <summary>
/// What currencies are worth: <c>base: EUR</c>, and under <c>rates</c> the units of each other
/// currency for one unit of it.
/// </summary>
public static class RatesFile
{
    /// <exception cref="InvalidInputFileException">The file is wrong; the message names file, line
    /// and key.</exception>
    public static CurrencyRates Load(string path) => Parse(path, Utf8File.ReadAllText(path));

    /// <inheritdoc cref="Load"/>
    /// <param name="path">For messages.</param>
    public static CurrencyRates Parse(string path, string text)
    {
        var top = YamlFile.Parse(path, text);
        top.Integer("version", 1, 1, 1);
        var baseIndex = IndexOf(top, "base", top.Text("base"));
        var rates = top.OptionalMap("rates") ?? throw top.Error("rates", "is missing; name the units of each currency for one unit of the base: rates: {USD: 1.08}");
        var units = new double[CurrencyTable.Codes.Count()];
        Array.Fill(units, double.NaN);
        foreach (var code in rates.Keys)
        {
            var unit = rates.Number(code, double.NaN, 1e-9, 1e9);
            units[IndexOf(rates, code, code)] = double.IsNaN(unit) ? throw rates.Error(code, "has no rate; write the units for one unit of the base, or leave the currency out") : unit;
        }

        if (!rates.Keys.Any())
        {
            throw top.Error("rates", "names no currency; write the units of each for one unit of the base: rates: {USD: 1.08}");
        }

        if (!double.IsNaN(units[baseIndex]) && units[baseIndex] != 1)
        {
            throw rates.Error(CurrencyTable.CodeOf(baseIndex), "is the base, which is 1 by itself; leave it out");
        }

        units[baseIndex] = 1;
        rates.RequireAllRead();
        top.RequireAllRead();
        return new CurrencyRates("sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), baseIndex, units);
    }

    private static short IndexOf(YamlMap map, string key, string code) =>
        CurrencyTable.TryFind(Encoding.UTF8.GetBytes(code), out var index) ? index
            : throw map.Error(key, Nearest.To(code, CurrencyTable.Codes) is { } near ? $"is {code}, which is no currency; did you mean {near}?" : $"is {code}, which is no currency of ISO 4217");
}
