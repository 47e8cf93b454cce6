use crate::HomeNetwork;

/// Mobile country code and ISO 3166-1 country, ascending: facts of ITU-T E.212, as the list of mobile
/// network codes on Wikipedia has them (by way of `mcc-mnc-list`, 3,094 networks).
///
/// A code that serves several territories has the one with the most networks or people. Test networks
/// (001, 999), international ones (901) and Abkhazia (289, not in E.212) have no country.
const COUNTRIES: &str = "\
    202GR 204NL 206BE 208FR 212MC 213AD 214ES 216HU 218BA 219HR 220RS 221XK 222IT 226RO \
    228CH 230CZ 231SK 232AT 234GB 235GB 238DK 240SE 242NO 244FI 246LT 247LV 248EE 250RU \
    255UA 257BY 259MD 260PL 262DE 266GI 268PT 270LU 272IE 274IS 276AL 278MT 280CY 282GE \
    283AM 284BG 286TR 288FO 290GL 292SM 293SI 294MK 295LI 297ME 302CA 308PM 310US 311US \
    312US 313US 314US 315US 316US 330PR 334MX 338JM 340GP 342BB 344AG 346KY 348VG 350BM \
    352GD 354MS 356KN 358LC 360VC 362CW 363AW 364BS 365AI 366DM 368CU 370DO 372HT 374TT \
    376TC 400AZ 401KZ 402BT 404IN 405IN 410PK 412AF 413LK 414MM 415LB 416JO 417SY 418IQ \
    419KW 420SA 421YE 422OM 424AE 425IL 426BH 427QA 428MN 429NP 432IR 434UZ 436TJ 437KG \
    438TM 440JP 441JP 450KR 452VN 454HK 455MO 456KH 457LA 460CN 466TW 467KP 470BD 472MV \
    502MY 505AU 510ID 514TL 515PH 520TH 525SG 528BN 530NZ 536NR 537PG 539TO 540SB 541VU \
    542FJ 543WF 544AS 545KI 546NC 547PF 548CK 549WS 550FM 551MH 552PW 553TV 554TK 555NU \
    602EG 603DZ 604MA 605TN 606LY 607GM 608SN 609MR 610ML 611GN 612CI 613BF 614NE 615TG \
    616BJ 617MU 618LR 619SL 620GH 621NG 622TD 623CF 624CM 625CV 626ST 627GQ 628GA 629CG \
    630CD 631AO 632GW 633SC 634SD 635RW 636ET 637SO 638DJ 639KE 640TZ 641UG 642BI 643MZ \
    645ZM 646MG 647RE 648ZW 649NA 650MW 651LS 652BW 653SZ 654KM 655ZA 657ER 658SH 659SS \
    702BZ 704GT 706SV 708HN 710NI 712CR 714PA 716PE 722AR 724BR 730CL 732CO 734VE 736BO \
    738GY 740EC 742GF 744PY 746SR 748UY 750FK";
/// `262DE` and a space.
const ENTRY_BYTES: usize = 6;

/// The ISO 3166-1 country of a network, for example `DE` for 262-01; `None` for networks of no country.
pub fn country_of(network: HomeNetwork) -> Option<&'static str> {
    country(network.mcc())
}

/// The country of a mobile country code.
pub(crate) fn country(mcc: u32) -> Option<&'static str> {
    let entry = |place: usize| COUNTRIES.get(place * ENTRY_BYTES..place * ENTRY_BYTES + 5);
    let (mut low, mut high) = (0, COUNTRIES.len().div_ceil(ENTRY_BYTES));
    while low < high {
        let middle = low.midpoint(high);
        let (code, name) = entry(middle)?.split_at(3);
        match code.parse::<u32>().ok()?.cmp(&mcc) {
            std::cmp::Ordering::Equal => return Some(name),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found() {
        let mut last = 0;
        for entry in COUNTRIES.split(' ') {
            let (code, name) = entry.split_at(3);
            let mcc = code.parse().unwrap();
            assert!(mcc > last, "{entry} is out of order");
            assert!(name.len() == 2 && name.bytes().all(|b| b.is_ascii_uppercase()));
            assert_eq!(country(mcc), Some(name));
            last = mcc;
        }
        for none in [0, 1, 201, 263, 289, 901, 999, 1_000] {
            assert_eq!(country(none), None, "{none}");
        }
        let of = |text: &str| country_of(text.parse().unwrap());
        assert_eq!((of("262-01"), of("310-260")), (Some("DE"), Some("US")));
    }

    #[test]
    fn agrees_with_the_list_of_networks() {
        let path = "../../../shared/data/mcc-mnc-list/mcc-mnc-list.json";
        let Ok(text) = std::fs::read_to_string(path) else {
            eprintln!("skipped: `{path}` is not there");
            return;
        };
        let networks: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        for network in networks {
            let mcc = network["mcc"].as_str().unwrap().parse().unwrap();
            let Some(listed) = network["countryCode"].as_str().filter(|_| mcc != 289) else {
                assert_eq!(country(mcc), None, "{network}");
                continue;
            };
            let found = country(mcc).unwrap();
            let shared = [234, 255, 270, 310, 311, 313, 338, 340, 425, 505];
            assert!(
                shared.contains(&mcc) || listed.split('/').any(|name| name == found),
                "{network}"
            );
        }
    }
}
