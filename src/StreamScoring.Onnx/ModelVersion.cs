using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace StreamScoring.Onnx;

/// <summary>
/// What decisions name a model by: a hash of its file, and of what in its card changes a score. So
/// a model that is calibrated anew, or reads another output, is another version.
/// </summary>
internal static class ModelVersion
{
    /// <param name="fileHash">Of the model's file, with the files of its weights.</param>
    /// <returns><c>sha256:</c> and 64 digits.</returns>
    public static string Of(string fileHash, ModelCard card)
    {
        var text = new StringBuilder("scoring model 1\n");
        text.Append(CultureInfo.InvariantCulture, $"file {fileHash}\noutput {card.Output} {Escaped(card.OutputName)} {Escaped(card.FraudClass)}\n");
        foreach (var input in card.Inputs)
        {
            text.Append(CultureInfo.InvariantCulture, $"input {Escaped(input.Name)} {(input.IsText ? "text" : "number")}\n");
        }

        foreach (var (tensor, inputs) in card.Tensors.OrderBy(tensor => tensor.Tensor, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"tensor {Escaped(tensor)} {string.Join(' ', inputs.Select(Escaped))}\n");
        }

        foreach (var (from, to) in card.Calibration)
        {
            text.Append(CultureInfo.InvariantCulture, $"calibration {from:R} {to:R}\n");
        }

        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Without blanks, so that two cards never have one text.</summary>
    private static string Escaped(string? text) => text is null ? "-" : $"'{Uri.EscapeDataString(text)}";
}
