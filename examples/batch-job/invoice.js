// Prints one order's invoice as JSON. The row arrives as FANFOLD_ITEM_* variables.
const { FANFOLD_ITEM_ORDER: order, FANFOLD_ITEM_CUSTOMER: customer, FANFOLD_ITEM_NET: net } = process.env;
const { FANFOLD_ITEM_COUNTRY: country, FANFOLD_ITEM_CURRENCY: currency } = process.env;
const rates = { GB: 0.2, DE: 0.19, FR: 0.2, IE: 0.23, US: 0 };
const rate = rates[country];
if (rate === undefined) {
  console.error(`no tax rate for ${country}`);
  process.exit(1);
}
const tax = Math.round(Number(net) * rate * 100) / 100;
console.log(
  JSON.stringify({ order: Number(order), customer, currency, net: Number(net), tax, total: Number(net) + tax }),
);
