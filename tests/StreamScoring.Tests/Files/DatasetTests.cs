using System.Globalization;
using System.Text;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Files;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Files;

/// <summary>
/// The columns files that are shipped for public tables, on rows of our own in their layouts. What
/// is expected was worked out by hand.
/// </summary>
public sealed class DatasetTests : IDisposable
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    private readonly string _folder = Directory.CreateTempSubdirectory("datasets").FullName;

    public DatasetTests() => Environment.SetEnvironmentVariable("CARD_KEY", Key);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Ulb_has_rows_for_ids_seconds_for_times_and_one_customer()
    {
        var payments = Read("ulb", "\"Time\",\"V1\",\"V2\",\"Amount\",\"Class\"\n0,-1.5,2,149.62,\"0\"\n86461,0.25,1e-2,2.69,\"1\"\n");
        Assert.Equal([("ulb-1", "2013-09-01T00:00:00.000Z", 14_962L), ("ulb-2", "2013-09-02T00:01:01.000Z", 269L)], payments.Select(Key3));
        Assert.All(payments, payment => Assert.Equal(("EUR", "all"), (payment.Currency, payment.CustomerId)));
        Assert.Equal([-1.5, 2.0], new[] { "V1", "V2" }.Select(name => (double)payments[0].Attributes![name]));
        Assert.Equal(0.01, payments[1].Attributes!["V2"]);
        Assert.Equal(2, payments[0].Attributes!.Count);
    }

    [Fact]
    public void Ieee_has_an_origin_three_decimals_and_a_card_of_five_columns()
    {
        var header = "TransactionID,isFraud,TransactionDT,TransactionAmt,ProductCD,card1,card2,card3,card4,card5,card6,addr1,P_emaildomain,R_emaildomain,C1,V339";
        var payments = Read("ieee-cis", $"{header}\n2987000,0,86400,68.5,W,13926,,150.0,discover,142.0,credit,315.0,,,1.0,\n2987001,1,86401,75.885,C,2755,404.0,150.0,mastercard,102.0,credit,,gmail.com,yahoo.com,2.0,0.0\n");
        Assert.Equal([("2987000", "2017-12-01T00:00:00.000Z", 6850L), ("2987001", "2017-12-01T00:00:01.000Z", 7588L)], payments.Select(Key3));
        Assert.Equal(["13926cc150c142c315", "2755c404c150c102c"], payments.Select(payment => payment.CardId));
        Assert.Equal(("USD", "315", 1.0), (payments[0].Currency, payments[0].Attributes!["addr1"], (double)payments[0].Attributes!["C1"]));
        Assert.False(payments[0].Attributes!.ContainsKey("R_emaildomain"));
        Assert.Equal("yahoo.com", payments[1].Attributes!["R_emaildomain"]);
    }

    [Fact]
    public void Paysim_counts_hours()
    {
        var payments = Read("paysim", "step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,nameDest,oldbalanceDest,newbalanceDest,isFraud,isFlaggedFraud\n1,PAYMENT,9839.64,C1231006815,170136.0,160296.36,M1979787155,0.0,0.0,0,0\n743,CASH_OUT,339682.13,C786484425,339682.13,0.0,C776919290,0.0,339682.13,1,0\n");
        Assert.Equal([("paysim-1", "2017-01-01T01:00:00.000Z", 983_964L), ("paysim-2", "2017-01-31T23:00:00.000Z", 33_968_213L)], payments.Select(Key3));
        Assert.Equal(("C1231006815", "M1979787155", "PAYMENT", 170_136.0), (payments[0].CustomerId, payments[0].MerchantId, payments[0].Attributes!["type"], (double)payments[0].Attributes!["oldbalanceOrg"]));
    }

    [Fact]
    public void Banksim_counts_days_and_has_texts_in_single_quotes()
    {
        var payments = Read("banksim", "step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud\n0,'C1093826151','4','M','28007','M348934600','28007','es_transportation',4.55,0\n179,'C352968107','U','E','28007','M480139044','28007','es_health',44.26,1\n");
        Assert.Equal([("banksim-1", "2012-11-01T00:00:00.000Z", 455L), ("banksim-2", "2013-04-29T00:00:00.000Z", 4426L)], payments.Select(Key3));
        Assert.Equal(("C1093826151", "M348934600", "es_transportation", "4"), (payments[0].CustomerId, payments[0].MerchantId, payments[0].Attributes!["category"], payments[0].Attributes!["age"]));
    }

    [Fact]
    public void Sparkov_has_tokens_for_card_numbers_and_nobodys_name()
    {
        const string header = ",trans_date_trans_time,cc_num,merchant,category,amt,first,last,gender,street,city,state,zip,lat,long,city_pop,job,dob,trans_num,unix_time,merch_lat,merch_long,is_fraud";
        var payments = Read("sparkov", $"{header}\n0,2019-01-01 00:00:18,4111111111111111,\"fraud_Rippin, Kub and Mann\",misc_net,4.97,Ann,Banks,F,1 Example Road,Town,NC,01234,36.0788,-81.1781,3495,\"Psychologist, counselling\",1988-03-09,0b242abb623afc578575680df30655b9,1325376018,36.011293,-82.048315,0\n");
        var payment = Assert.Single(payments);
        Assert.Equal(("0b242abb623afc578575680df30655b9", "2019-01-01T00:00:18.000Z", 497L), Key3(payment));
        // echo -n 4111111111111111 | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
        Assert.Equal(("7b7e6cb2715c7b1c37110f035123abd3fe93c04fa302da2946c4bd9342d2fd2c", "fraud_Rippin, Kub and Mann"), (payment.CardId, payment.MerchantId));
        Assert.Equal(("01234", 36.0788, 3495.0), (payment.Attributes!["zip"], (double)payment.Attributes["lat"], (double)payment.Attributes["city_pop"]));
        Assert.Empty(payment.Attributes.Keys.Intersect(["first", "last", "street", "dob", "cc_num", "unix_time", "_", "Unnamed__0"]));
    }

    [Fact]
    public void Tabformer_has_a_date_in_four_columns_marks_refunds_and_words()
    {
        const string header = "User,Card,Year,Month,Day,Time,Amount,Use Chip,Merchant Name,Merchant City,Merchant State,Zip,MCC,Errors?,Is Fraud?";
        var table = Table("tabformer", $"{header}\n0,0,2002,9,1,06:21,$134.09,Swipe Transaction,3527213246127876953,La Verne,CA,91750.0,5300,,No\n0,1,2002,9,1,06:42,$-99.00,Swipe Transaction,-727612092139916043,Monterey Park,CA,91754.0,5411,,No\n17,1,2015,12,31,23:59,\"$1,234.50\",Online Transaction,-5162038175624867091, ONLINE,,,742.0,\"Bad PIN,Insufficient Balance\",Yes\n");
        var payments = Payments(table);
        Assert.Equal([("tabformer-1", "2002-09-01T06:21:00.000Z", 13_409L), ("tabformer-3", "2015-12-31T23:59:00.000Z", 123_450L)], payments.Select(Key3));
        Assert.Equal(["0-0", "17-1"], payments.Select(payment => payment.CardId));
        Assert.Equal(["0", "17"], payments.Select(payment => payment.CustomerId));
        Assert.Equal(["3527213246127876953", "-5162038175624867091"], payments.Select(payment => payment.MerchantId));
        Assert.Equal(["5300", "0742"], payments.Select(payment => payment.Mcc));
        Assert.Equal(("91750", "Swipe Transaction"), (payments[0].Attributes!["zip"], payments[0].Attributes!["use_chip"]));
        Assert.Equal("Bad PIN,Insufficient Balance", payments[1].Attributes!["errors"]);
        Assert.Equal([false, true], Enumerable.Range(0, 2).Select(i => table.IsFraud(i, Encoding.UTF8.GetBytes(payments[i].PaymentId), payments[i].EventTimeMs) == true));
        Assert.Contains("merchant_id", table.CardNumberFieldsIgnored);
    }

    [Fact]
    public void Aml_has_two_columns_called_account_and_currencies_in_words()
    {
        const string header = "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount Paid,Payment Currency,Payment Format,Is Laundering";
        var table = Table("ibm-aml", $"{header}\n2022/09/01 00:20,010,8000EBD30,010,8000EBD30,3697.34,US Dollar,3697.34,US Dollar,Reinvestment,0\n2022/09/01 00:21,070,100428660,0214100,80B779D80,0.04,Bitcoin,0.04,Bitcoin,ACH,0\n2022/09/10 23:59,070,100428660,0214100,80B779D80,52.11,Euro,6794.63,Yen,ACH,1\n");
        var payments = Payments(table);
        Assert.Equal([("aml-1", "2022-09-01T00:20:00.000Z", 369_734L), ("aml-3", "2022-09-10T23:59:00.000Z", 6795L)], payments.Select(Key3));
        Assert.Equal([("USD", "010-8000EBD30", "010-8000EBD30"), ("JPY", "070-100428660", "0214100-80B779D80")], payments.Select(payment => (payment.Currency, payment.CustomerId, payment.MerchantId)));
        Assert.Equal(("Euro", 52.11), (payments[1].Attributes!["receiving_currency"], (double)payments[1].Attributes!["amount_received"]));
        Assert.Contains(table.Notices, notice => notice.Contains("1 rows are left out by their Payment Currency", StringComparison.Ordinal));
    }

    [Fact]
    public void Baf_counts_months_and_takes_words_and_numbers()
    {
        var payments = Read("baf", "fraud_bool,income,intended_balcon_amount,payment_type,proposed_credit_limit,device_os,month\n1,0.9,-1.0,AA,1500.0,windows,0\n0,0.1,102.453711,AB,200.0,other,7\n");
        Assert.Equal([("baf-1", "2020-01-01T00:00:00.000Z", 150_000L), ("baf-2", "2020-08-01T00:00:00.000Z", 20_000L)], payments.Select(Key3));
        Assert.Equal((0.9, -1.0), ((double)payments[0].Attributes!["income"], (double)payments[0].Attributes!["intended_balcon_amount"]));
    }

    /// <summary>A second way, slow and plain: cells by splitting, times by the framework, amounts
    /// by arithmetic.</summary>
    [SharedTheory]
    [InlineData("ulb", "creditcard.csv")]
    [InlineData("ieee-cis", "train_transaction.csv")]
    [InlineData("paysim", "paysim.csv")]
    [InlineData("banksim", "bs140513_032310.csv")]
    [InlineData("sparkov", "fraudTrain.csv")]
    [InlineData("tabformer", "card_transaction.v1.csv")]
    [InlineData("ibm-aml", "HI-Small_Trans.csv")]
    [InlineData("baf", "Base.csv")]
    public void A_table_in_the_public_layout_is_read_as_a_slow_reader_reads_it(string dataset, string file)
    {
        var path = SharedFolder.PathOf("cases", "public-tables", file);
        var table = PaymentTable.Read([path], [], ColumnsOf(dataset), EventOrder.File, keepsFrauds: true, attributeUses: FeatureFiles.Load(FeaturesOf(dataset)).AttributeUses);
        var lines = File.ReadAllLines(path);
        var header = lines[0].Split(',').Select(cell => cell.Trim('"')).ToArray();
        var expected = lines.Skip(1).Select((line, index) => Slow(dataset, header, line, index + 1)).OfType<(string, string, long, string, string, bool)>().ToList();
        var payments = Payments(table);
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Select(row => (row.Item1, row.Item2, row.Item3)), payments.Select(Key3));
        Assert.Equal(expected.Select(row => row.Item4), payments.Select(payment => payment.CardId ?? payment.CustomerId!));
        Assert.Equal(expected.Select(row => row.Item5), payments.Select(payment => payment.MerchantId ?? ""));
        Assert.Equal(expected.Select(row => row.Item6), payments.Select((payment, i) => table.IsFraud(i, Encoding.UTF8.GetBytes(payment.PaymentId), payment.EventTimeMs) == true));
    }

    [Theory]
    [InlineData("ulb")]
    [InlineData("ieee-cis")]
    [InlineData("paysim")]
    [InlineData("banksim")]
    [InlineData("sparkov")]
    [InlineData("tabformer")]
    [InlineData("ibm-aml")]
    [InlineData("baf")]
    public void Features_of_a_dataset_use_attributes_as_one_type_each(string dataset) =>
        Assert.DoesNotContain(FeatureFiles.Load(FeaturesOf(dataset)).AttributeUses, use => use.Value is not (Expressions.AttributeUse.Number or Expressions.AttributeUse.Text or Expressions.AttributeUse.None));

    private static (string Id, string Time, long Minor, string Card, string Merchant, bool Fraud)? Slow(string dataset, string[] header, string line, int number)
    {
        // The only quoted cells with a comma have two words that stand in no other cell.
        var cells = line.Replace("\"fraud_Ripp, Kub and Mann\"", "fraud_Ripp| Kub and Mann", StringComparison.Ordinal).Replace("\"Psychologist, counselling\"", "job", StringComparison.Ordinal)
            .Split(',').Select(cell => cell.Trim('"', '\'').Replace('|', ',')).ToArray();
        string Of(string name, int skip = 0) => cells[header.Select((one, i) => (one, i)).Where(one => one.one == name).Skip(skip).First().i];
        string Since(int year, int month, int day, string column, double seconds) => DecisionJson.Iso(new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.Zero).AddSeconds(double.Parse(Of(column), CultureInfo.InvariantCulture) * seconds).ToUnixTimeMilliseconds());
        long Cents(string text) => (long)decimal.Round(decimal.Parse(text.Trim('$'), CultureInfo.InvariantCulture) * 100, 0, MidpointRounding.ToEven);
        string Time(string text) => DecisionJson.Iso(new DateTimeOffset(DateTime.Parse(text, CultureInfo.InvariantCulture), TimeSpan.Zero).ToUnixTimeMilliseconds());
        string Int(string name) => Of(name).Split('.')[0];
        return dataset switch
        {
            "ulb" => ($"ulb-{number}", Since(2013, 9, 1, "Time", 1), Cents(Of("Amount")), "all", "", Of("Class") == "1"),
            "ieee-cis" => (Of("TransactionID"), Since(2017, 11, 30, "TransactionDT", 1), Cents(Of("TransactionAmt")),
                $"{Int("card1")}c{Int("card2")}c{Int("card3")}c{Int("card5")}c{Int("addr1")}", "", Of("isFraud") == "1"),
            "paysim" => ($"paysim-{number}", Since(2017, 1, 1, "step", 3600), Cents(Of("amount")), Of("nameOrig"), Of("nameDest"), Of("isFraud") == "1"),
            "banksim" => ($"banksim-{number}", Since(2012, 11, 1, "step", 86_400), Cents(Of("amount")), Of("customer"), Of("merchant"), Of("fraud") == "1"),
            "sparkov" => (Of("trans_num"), Time(Of("trans_date_trans_time")), Cents(Of("amt")),
                Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.UTF8.GetBytes(Of("cc_num")))), Of("merchant"), Of("is_fraud") == "1"),
            "tabformer" => Of("Amount").Contains('-', StringComparison.Ordinal) ? null
                : ($"tabformer-{number}", Time($"{Of("Year")}-{Of("Month")}-{Of("Day")} {Of("Time")}"), Cents(Of("Amount")), $"{Of("User")}-{Of("Card")}", Of("Merchant Name"), Of("Is Fraud?") == "Yes"),
            "ibm-aml" => ($"aml-{number}", Time(Of("Timestamp")), Cents(Of("Amount Paid")), $"{Of("From Bank")}-{Of("Account")}", $"{Of("To Bank")}-{Of("Account", 1)}", Of("Is Laundering") == "1"),
            _ => ($"baf-{number}", Time($"2020-{int.Parse(Of("month"), CultureInfo.InvariantCulture) + 1}-01"), Cents(Of("proposed_credit_limit")), "all", "", Of("fraud_bool") == "1"),
        };
    }

    private static (string, string, long) Key3(Payment payment) => (payment.PaymentId, DecisionJson.Iso(payment.EventTimeMs), payment.AmountMinor);

    private static string ColumnsOf(string dataset) => Path.Combine(SharedFolder.RepositoryRoot, "topology", "datasets", dataset, "columns.yaml");

    private static string FeaturesOf(string dataset) => Path.Combine(SharedFolder.RepositoryRoot, "topology", "datasets", dataset, "features.yaml");

    private List<Payment> Read(string dataset, string csv) => Payments(Table(dataset, csv));

    private PaymentTable Table(string dataset, string csv)
    {
        var path = Path.Combine(_folder, "t.csv");
        File.WriteAllText(path, csv);
        return PaymentTable.Read([path], [], ColumnsOf(dataset), EventOrder.File, keepsFrauds: true, attributeUses: FeatureFiles.Load(FeaturesOf(dataset)).AttributeUses);
    }

    private static List<Payment> Payments(PaymentTable table) => [.. table.InOrder().Where(record => !record.IsLabel).Select(record => PaymentMessagePack.ReadPayment(record.Value))];
}
