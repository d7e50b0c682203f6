using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Expressions;

namespace StreamScoring.Configuration.Radar;

/// <summary>What Radar's attributes are called here.</summary>
internal sealed class RadarNames
{
    private const string AmountIn = "amount_in_";

    private readonly Dictionary<string, string> _expressions = new(StringComparer.Ordinal)
    {
        ["card_country"] = "card_country",
        ["card_fingerprint"] = "card_id",
        ["currency"] = "currency",
        ["customer"] = "customer_id",
        ["ip_address"] = "ip",
        ["ip_country"] = "ip_country",
        ["risk_level"] = "level",
        ["risk_score"] = "score",
    };

    /// <param name="path">A YAML file of names: what each attribute is in the language of rules.
    /// Null: only those that are known.</param>
    /// <exception cref="InvalidInputFileException">The file is wrong.</exception>
    public RadarNames(string? path)
    {
        if (path is null)
        {
            return;
        }

        var names = YamlFile.Parse(path, Utf8File.ReadAllText(path));
        foreach (var name in names.Keys)
        {
            var expression = names.Text(name);
            try
            {
                ExpressionParser.Parse(expression);
            }
            catch (ExpressionException e)
            {
                throw names.ErrorWithin(name, e.Offset, e.Message);
            }

            _expressions[name] = expression;
        }
    }

    /// <exception cref="ExpressionException">Nothing here is called so.</exception>
    public Syntax Resolve(string attribute, int offset) =>
        _expressions.TryGetValue(attribute, out var expression) ? ExpressionParser.Parse(expression)
            : attribute.StartsWith(AmountIn, StringComparison.Ordinal) && attribute[AmountIn.Length..].ToUpperInvariant() is var code
                && CurrencyTable.TryFind(Encoding.UTF8.GetBytes(code), out _) ? new MoneySyntax(offset, 0, code)
            : throw new ExpressionException(offset, $"nothing is called :{attribute}: here; say in the file of --names what it is, such as {attribute}: attributes.{attribute}");
}
