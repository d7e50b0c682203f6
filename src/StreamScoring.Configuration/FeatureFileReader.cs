using System.Globalization;
using System.Text.Json;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Expressions;
using StreamScoring.Features;

namespace StreamScoring.Configuration;

/// <summary>Reads and checks a feature file's YAML, key by key.</summary>
internal sealed class FeatureFileReader
{
    private static readonly string[] AggregateNames = [.. Enum.GetNames<Aggregate>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];
    private static readonly string[] LabelNames = [.. Enum.GetNames<LabelClass>().Where(name => name != nameof(LabelClass.Any)).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];
    private static readonly TimeSpan DurationMax = TimeSpan.FromDays(36_500);

    /// <summary>
    /// Longest chain of features of which each uses the next; the reader recurses along it.
    /// </summary>
    private const int UsesMax = 256;

    private readonly YamlMap _top;
    private readonly IReadOnlyList<YamlMap> _maps;
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);
    private readonly FeatureScope _scope;
    private readonly ExpressionBinder _binder;
    private readonly List<(IReadOnlyList<string> KeyNames, IReadOnlyList<ValueSource> Keys, int Level, List<string> FilterTexts, List<FilterDefinition> Filters)> _entities = [];

    /// <summary>By feature: those that it names.</summary>
    private readonly IReadOnlyList<int>[] _uses;

    /// <summary>
    /// By feature: of an aggregate the level of its entity; of an expression the lowest level that
    /// can look at it.
    /// </summary>
    private readonly int[] _levels;
    private readonly FeatureMeaning _meaning = new();

    public FeatureFileReader(YamlMap top)
    {
        _top = top;
        _maps = [.. top.Maps("features").SelectMany(Variants)];
        _scope = new FeatureScope(_indexes, mayUseFeatures: true);
        _binder = new ExpressionBinder(_scope);
        (_uses, _levels) = (new IReadOnlyList<int>[_maps.Count], new int[_maps.Count]);
    }

    /// <summary>An entry with several windows stands for one of each.</summary>
    private static IEnumerable<YamlMap> Variants(YamlMap map)
    {
        const string key = "windows", placeholder = "{window}";
        if (!map.Has(key))
        {
            return [map];
        }

        var windows = map.Texts(key);
        return map.Has("window") ? throw map.Error("window", "goes not with windows; write it as one of these")
            : windows.Count == 0 ? throw map.Error(key, "is empty; list windows such as [1h, 7d]")
            : !map.Text("name").Contains(placeholder, StringComparison.Ordinal)
                ? throw map.Error("name", $"is {map.Text("name")}; with windows it contains {placeholder}, so that names differ")
            : windows.Select(window => map.Variant("window", window, placeholder, window.Replace(' ', '_')));
    }

    /// <summary>Whether a feature looks at the amount in the base currency.</summary>
    public bool UsesBaseAmount => _scope.UsesBaseAmount;

    /// <summary>What the file says, once it is read.</summary>
    public FeatureMeaning Meaning => _meaning;

    /// <summary>By attribute that something looks at.</summary>
    public IReadOnlyDictionary<string, AttributeUse> AttributeUses => _scope.Attributes.Zip(_scope.AttributeUses).ToDictionary(StringComparer.Ordinal);

    public (List<FeatureDefinition> Features, List<EntityDefinition> Entities, List<int> Order, BatchLayout Layout, long LatenessMs, int ExactEvents) Read()
    {
        if (_top.Integer("version", 1, 1, 1) != 1 || _maps.Count == 0)
        {
            throw _top.Error("features", "is missing or empty; list at least one feature");
        }

        ReadNames();
        var order = OrderExpressions();
        var features = _maps.Select(ReadFeature).ToList();
        RequireNumbers(features);
        var lateness = _top.Duration("lateness", TimeSpan.FromDays(7), TimeSpan.Zero, DurationMax);
        var exactEvents = _top.Integer("exact_events", 4096, 16, 8192);
        _top.RequireAllRead();
        _meaning.AddSettings((long)lateness.TotalMilliseconds, exactEvents);
        _scope.SettleMissing();
        var entities = _entities.Select(entity => new EntityDefinition(entity.KeyNames, entity.Keys, entity.Filters, entity.Level)).ToList();
        var layout = new BatchLayout(_scope.HashedFields, _scope.Attributes, features.Count);
        return (features, entities, order, layout, (long)lateness.TotalMilliseconds, exactEvents);
    }

    private void ReadNames()
    {
        for (var i = 0; i < _maps.Count; i++)
        {
            var name = _maps[i].Text("name");
            if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.') || char.IsAsciiDigit(name[0]))
            {
                throw _maps[i].Error("name", $"is {name}; use letters, digits and underscores, and begin with a letter");
            }

            if (name is "amount" or FeatureScope.BaseAmount or "event_time" or "and" or "or" or "not" or "in" or "true" or "false" && _maps[i].OptionalText("expression") != name)
            {
                throw _maps[i].Error("name", $"is {name}, which is a word of the language");
            }

            if (name == TextFields.NameOf(TextField.PaymentId))
            {
                throw _maps[i].Error("name", $"is {name}, which is the first column of every table of features");
            }

            if (!_indexes.TryAdd(name, i))
            {
                throw _maps[i].Error("name", $"is {name}, as is that of features[{_indexes[name]}]; names must differ");
            }
        }
    }

    /// <summary>Depth first over what each feature names.</summary>
    private List<int> OrderExpressions()
    {
        var order = new List<int>();
        var state = new byte[_maps.Count];
        for (var i = 0; i < _maps.Count; i++)
        {
            Visit(i, []);
        }

        return order;

        void Visit(int index, List<string> path)
        {
            var map = _maps[index];
            var name = map.Text("name");
            if (state[index] == 2)
            {
                return;
            }

            var isExpression = map.Has("expression");
            var key = isExpression ? "expression" : map.Has("where") ? "where" : "of";
            if (state[index] == 1)
            {
                throw map.Error(key, $"is part of a cycle: {string.Join(" -> ", path.SkipWhile(step => step != name))} -> {name}");
            }

            if (path.Count == UsesMax)
            {
                throw map.Error(key, $"is used by a feature that is used by a feature, and so on, more than {UsesMax} deep");
            }

            state[index] = 1;
            // A field hides a feature of the same name, so that `name: channel, expression:
            // channel` is no cycle.
            _uses[index] = [.. NamesIn(map).Where(used => !IsField(used)).Select(used => _indexes.GetValueOrDefault(used, -1)).Where(used => used >= 0).Distinct()];
            foreach (var used in _uses[index])
            {
                Visit(used, [.. path, name]);
                _levels[index] = Math.Max(_levels[index], _levels[used] + (_maps[used].Has("expression") ? 0 : 1));
            }

            state[index] = 2;
            if (isExpression)
            {
                order.Add(index);
            }
        }
    }

    private static IEnumerable<string> NamesIn(YamlMap map)
    {
        if (map.OptionalText("expression") is { } text)
        {
            return Located(map, "expression", () => ExpressionBinder.NamesIn(text));
        }

        var names = map.OptionalText("where") is { } where ? Located(map, "where", () => ExpressionBinder.NamesIn(where)) : Enumerable.Empty<string>();
        names = map.OptionalText("of") is { } of ? names.Append(of) : names;
        return names.Concat(map.Texts("entity"));
    }

    /// <summary>What an aggregate is of is a number; only now all features are read.</summary>
    private void RequireNumbers(List<FeatureDefinition> features)
    {
        foreach (var feature in features.Where(feature => feature.Expression is null))
        {
            if (feature.Of.IsFeature && features[feature.Of.FeatureIndex].Expression is { Type: ExpressionType.Text })
            {
                throw _maps[feature.Index].Error("of", $"is {features[feature.Of.FeatureIndex].Name}, a feature that is a text; name the field itself");
            }

            if (_entities[feature.Entity].Keys.FirstOrDefault(key => key.IsFeature && features[key.FeatureIndex].Expression is { Type: ExpressionType.Text }, ValueSource.Amount) is { IsFeature: true } text)
            {
                throw _maps[feature.Index].Error("entity", $"names {features[text.FeatureIndex].Name}, a feature that is a text; name the field itself");
            }
        }
    }

    /// <summary>Whether names stand for more than what the payment's record says.</summary>
    private bool IsDerived(IEnumerable<string> names) =>
        names.Any(name => !IsField(name) && _indexes.TryGetValue(name, out var used) && (!_maps[used].Has("expression") || _levels[used] > 0));

    private static bool IsField(string name) => name is "amount" or FeatureScope.BaseAmount or "event_time" || TextFields.TryParse(name, out _);

    private FeatureDefinition ReadFeature(YamlMap map, int index)
    {
        var name = map.Text("name");
        var describe = map.OptionalText("describe");
        if (map.OptionalText("expression") is { } text)
        {
            var expression = Located(map, "expression", () => _binder.Bind(text));
            if (expression.Type == ExpressionType.Text && expression is not (TextFieldNode or AttributeTextNode))
            {
                throw map.Error("expression", "is a text; a text feature is a field by itself");
            }

            map.RequireAllRead();
            _meaning.AddExpression(name, text);
            return new FeatureDefinition { Name = name, Text = describe, Index = index, Expression = expression, Uses = _uses[index], Level = _levels[index] };
        }

        if (!map.Has("aggregate"))
        {
            throw map.Error("name", $"{name} has neither an expression nor an aggregate");
        }

        var aggregate = (Aggregate)Array.IndexOf(AggregateNames, map.Choice("aggregate", "", AggregateNames));
        var label = ReadLabel(map, aggregate);
        var (entity, filter) = ReadEntity(map, _levels[index], label);
        if ((aggregate == Aggregate.Risk || label != LabelClass.Any) && _entities[entity].KeyNames.FirstOrDefault(key => !TextFields.TryParse(key, out var field) || !TextFields.EntityIds.Contains(field)) is { } key)
        {
            throw map.Error("entity", $"names {key}, which labels do not carry; {(aggregate == Aggregate.Risk ? "risk" : "what looks at labels")} is of entity ids: {string.Join(", ", TextFields.EntityIds.Select(TextFields.NameOf))}");
        }

        var feature = new FeatureDefinition
        {
            Name = name,
            Text = describe,
            Index = index,
            Entity = entity,
            Aggregate = aggregate,
            Of = ReadOf(map, aggregate),
            Window = ReadWindow(map, aggregate),
            HalfLifeMs = ReadHalfLife(map, aggregate),
            Filter = filter,
            ExcludesCurrent = map.Flag("exclude_current", otherwise: false),
            Uses = _uses[index],
            IsByLabel = label != LabelClass.Any,
            BreakFilter = IsRun(aggregate) ? FilterOf(entity, LabelClass.Genuine, where: null, map) : 0,
        };
        map.RequireAllRead();
        _meaning.AddAggregate(feature, _entities[entity].KeyNames, map.OptionalText("of"), _entities[entity].FilterTexts[filter]);
        return feature;
    }

    private static bool IsRun(Aggregate aggregate) => aggregate is Aggregate.FraudRun or Aggregate.SecondsSinceFraudRun;

    private static LabelClass ReadLabel(YamlMap map, Aggregate aggregate)
    {
        if (!map.Has("label"))
        {
            return IsRun(aggregate) ? LabelClass.Fraud : LabelClass.Any;
        }

        var label = (LabelClass)(1 + Array.IndexOf(LabelNames, map.Choice("label", "", LabelNames)));
        return aggregate == Aggregate.Risk || IsRun(aggregate) ? throw map.Error("label", $"does not go with {AggregateNames[(int)aggregate]}, which looks at labels itself")
            : aggregate == Aggregate.Distinct ? throw map.Error("label", "does not go with distinct")
            : label;
    }

    private (int Entity, int Filter) ReadEntity(YamlMap map, int level, LabelClass label)
    {
        var names = new List<string>();
        foreach (var key in map.Texts("entity"))
        {
            if (names.Contains(key))
            {
                throw map.Error("entity", $"names {key} twice");
            }

            names.Add(key);
        }

        if (names.Count == 0)
        {
            throw map.Error("entity", "is missing; name the field or fields whose past the feature looks at");
        }

        var where = map.OptionalText("where") is { } text ? SameAsCurrent(Located(map, "where", () => ExpressionParser.Parse(text)), names) : null;
        ValueSource[] keys = [.. names.Select(name => ReadKey(map, name))];
        var entity = _entities.FindIndex(known => known.Level == level && known.KeyNames.SequenceEqual(names));
        if (entity < 0)
        {
            entity = _entities.Count;
            _entities.Add((names, keys, level, [""], [FilterDefinition.None]));
        }

        return (entity, FilterOf(entity, label, where, map));
    }

    /// <summary>
    /// Payments that have something in common with the current one have it in their key: so what is
    /// the same as the current one's becomes part of the key.
    /// </summary>
    /// <param name="keys">Given the names.</param>
    /// <returns>The rest of the condition; null where there is none.</returns>
    private static Syntax? SameAsCurrent(Syntax where, List<string> keys)
    {
        if (where is BinarySyntax { Operator: "and" } and)
        {
            var (left, right) = (SameAsCurrent(and.Left, keys), SameAsCurrent(and.Right, keys));
            return left is null ? right : right is null ? left : and with { Left = left, Right = right };
        }

        if (where is BinarySyntax { Operator: "==", Left: NameSyntax one, Right: NameSyntax other }
            && (other.Name == FeatureScope.CurrentPrefix + one.Name ? one : one.Name == FeatureScope.CurrentPrefix + other.Name ? other : null) is { } same)
        {
            if (!keys.Contains(same.Name))
            {
                keys.Add(same.Name);
            }

            return null;
        }

        return where;
    }

    private ValueSource ReadKey(YamlMap map, string name)
    {
        if (TextFields.TryParse(name, out var field) && field != TextField.PaymentId)
        {
            _scope.UseHash(field);
            return new ValueSource(field, -1);
        }

        if (name.StartsWith(FeatureScope.AttributePrefix, StringComparison.Ordinal) && name.Length > FeatureScope.AttributePrefix.Length)
        {
            return new ValueSource(null, _scope.AttributeIndex(name[FeatureScope.AttributePrefix.Length..], AttributeUse.None));
        }

        if (!IsField(name) && _indexes.TryGetValue(name, out var feature))
        {
            return !IsDerived([name]) ? ValueSource.OfFeature(feature, isDerived: false)
                : throw map.Error("entity", $"names {name}, which looks at other payments; a key follows from the payment alone");
        }

        throw map.Error("entity", Nearest.To(name, TextFields.AllNames) is { } near && near != name
            ? $"names {name}, which is no field; did you mean {near}?"
            : $"names {name}; a key is made of fields such as customer_id, of attributes.NAME, and of features that are expressions over the payment alone");
    }

    /// <returns>Its index; what passes the same payments is one filter.</returns>
    private int FilterOf(int entity, LabelClass label, Syntax? where, YamlMap map)
    {
        if (label != LabelClass.Any)
        {
            var without = FilterOf(entity, LabelClass.Any, where, map);
            var (condition, isDerived, _, _) = _entities[entity].Filters[without];
            return Filter(
                entity, $"{_entities[entity].FilterTexts[without]} label {label}", () => new FilterDefinition(condition, isDerived, label, without), map);
        }

        if (where is null)
        {
            return 0;
        }

        // By what they mean, so that files of one meaning lay their events out alike.
        return Filter(
            entity,
            SyntaxPrinter.Print(where),
            () => new FilterDefinition(Located(map, "where", () => _binder.BindCondition(where)), IsDerived(ExpressionBinder.NamesIn(where))),
            map);
    }

    private int Filter(int entity, string text, Func<FilterDefinition> make, YamlMap map)
    {
        var filter = _entities[entity].FilterTexts.IndexOf(text);
        if (filter < 0)
        {
            var made = make();
            filter = _entities[entity].Filters.Count;
            if (filter > EntityLayout.FiltersMax)
            {
                throw map.Error("where", $"is filter number {filter} of {map.Text("entity")}; at most {EntityLayout.FiltersMax} differ");
            }

            _entities[entity].FilterTexts.Add(text);
            _entities[entity].Filters.Add(made);
        }

        return filter;
    }

    private ValueSource ReadOf(YamlMap map, Aggregate aggregate)
    {
        var text = map.OptionalText("of");
        if (aggregate is Aggregate.Count or Aggregate.SecondsSinceLast or Aggregate.DecayedCount or Aggregate.Risk || IsRun(aggregate))
        {
            return text is null ? ValueSource.Amount : throw map.Error("of", $"does not go with {AggregateNames[(int)aggregate]}, which counts payments");
        }

        if (text is null)
        {
            throw map.Error("of", $"is missing; {AggregateNames[(int)aggregate]} is of a field, such as amount");
        }

        if (text == "amount")
        {
            return ValueSource.Amount;
        }

        if (text == FeatureScope.BaseAmount)
        {
            _scope.UseBaseAmount();
            return aggregate != Aggregate.Distinct ? ValueSource.AmountBase
                : throw map.Error("of", $"is {text}, which changes with the rates; count distinct amounts of their own currency: of: amount");
        }

        if (text.StartsWith(FeatureScope.AttributePrefix, StringComparison.Ordinal) && text.Length > FeatureScope.AttributePrefix.Length)
        {
            var use = aggregate == Aggregate.Distinct ? AttributeUse.None : AttributeUse.Number;
            return new ValueSource(null, _scope.AttributeIndex(text[FeatureScope.AttributePrefix.Length..], use));
        }

        if (!TextFields.TryParse(text, out var field))
        {
            if (_indexes.TryGetValue(text, out var feature))
            {
                return ValueSource.OfFeature(feature, IsDerived([text]));
            }

            var known = TextFields.AllNames.Append("amount").Append(FeatureScope.BaseAmount).Append("attributes.NAME").Concat(_indexes.Keys);
            throw map.Error("of", Nearest.To(text, known) is { } near ? $"is {text}; did you mean {near}?" : $"is {text}; known: {string.Join(", ", known)}");
        }

        _scope.UseHash(field);
        return aggregate == Aggregate.Distinct ? new ValueSource(field, -1)
            : throw map.Error("of", $"is {text}, a text; {AggregateNames[(int)aggregate]} takes a number: amount, amount_base, attributes.NAME or a feature");
    }

    private static Window ReadWindow(YamlMap map, Aggregate aggregate)
    {
        var delay = map.Duration("delay", TimeSpan.Zero, TimeSpan.Zero, DurationMax);
        var delayMs = (long)delay.TotalMilliseconds;
        if (map.OptionalText("window") is not { } text)
        {
            // Of these the window is naturally all of the past.
            return aggregate is Aggregate.Last or Aggregate.Previous or Aggregate.SecondsSinceLast or Aggregate.DecayedCount or Aggregate.DecayedSum || IsRun(aggregate)
                ? new Window(Window.Ever, delayMs, 0)
                : throw map.Error("window", "is missing; write a length of time such as 7d, or ever, or last 20");
        }

        if (text == "ever")
        {
            return new Window(Window.Ever, delayMs, 0);
        }

        if (text.StartsWith("last ", StringComparison.Ordinal))
        {
            return int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 4096
                ? new Window(Window.Ever, delayMs, count)
                : throw map.Error("window", $"is {text}; allowed: last 1..last 4096");
        }

        return YamlMap.TryParseDuration(text, out var size) && size > TimeSpan.Zero && size <= DurationMax
            ? new Window((long)size.TotalMilliseconds, delayMs, 0)
            : throw map.Error("window", $"is {text}; expected a length of time such as 30m or 7d, or ever, or last 20");
    }

    private static long ReadHalfLife(YamlMap map, Aggregate aggregate)
    {
        var halfLife = map.OptionalDuration("half_life");
        return aggregate is Aggregate.DecayedCount or Aggregate.DecayedSum
            ? halfLife is { } value && value > TimeSpan.Zero ? (long)value.TotalMilliseconds
                : throw map.Error("half_life", $"is missing; {AggregateNames[(int)aggregate]} needs one, such as 1h")
            : halfLife is null ? 0
            : throw map.Error("half_life", $"does not go with {AggregateNames[(int)aggregate]}");
    }

    private static T Located<T>(YamlMap map, string key, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ExpressionException e)
        {
            throw map.ErrorWithin(key, e.Offset, e.Message);
        }
    }
}
