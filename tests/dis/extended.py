# Operands of more than a byte: many names, many constants, long jumps.
def many(x):
    while x:
        name0 = x.attr0(1000); name1 = x.attr1(1001); name2 = x.attr2(1002); name3 = x.attr3(1003); name4 = x.attr4(1004); name5 = x.attr5(1005); name6 = x.attr6(1006); name7 = x.attr7(1007); name8 = x.attr8(1008); name9 = x.attr9(1009)
        name10 = x.attr10(1010); name11 = x.attr11(1011); name12 = x.attr12(1012); name13 = x.attr13(1013); name14 = x.attr14(1014); name15 = x.attr15(1015); name16 = x.attr16(1016); name17 = x.attr17(1017); name18 = x.attr18(1018); name19 = x.attr19(1019)
        name20 = x.attr20(1020); name21 = x.attr21(1021); name22 = x.attr22(1022); name23 = x.attr23(1023); name24 = x.attr24(1024); name25 = x.attr25(1025); name26 = x.attr26(1026); name27 = x.attr27(1027); name28 = x.attr28(1028); name29 = x.attr29(1029)
        name30 = x.attr30(1030); name31 = x.attr31(1031); name32 = x.attr32(1032); name33 = x.attr33(1033); name34 = x.attr34(1034); name35 = x.attr35(1035); name36 = x.attr36(1036); name37 = x.attr37(1037); name38 = x.attr38(1038); name39 = x.attr39(1039)
        name40 = x.attr40(1040); name41 = x.attr41(1041); name42 = x.attr42(1042); name43 = x.attr43(1043); name44 = x.attr44(1044); name45 = x.attr45(1045); name46 = x.attr46(1046); name47 = x.attr47(1047); name48 = x.attr48(1048); name49 = x.attr49(1049)
        name50 = x.attr50(1050); name51 = x.attr51(1051); name52 = x.attr52(1052); name53 = x.attr53(1053); name54 = x.attr54(1054); name55 = x.attr55(1055); name56 = x.attr56(1056); name57 = x.attr57(1057); name58 = x.attr58(1058); name59 = x.attr59(1059)
        name60 = x.attr60(1060); name61 = x.attr61(1061); name62 = x.attr62(1062); name63 = x.attr63(1063); name64 = x.attr64(1064); name65 = x.attr65(1065); name66 = x.attr66(1066); name67 = x.attr67(1067); name68 = x.attr68(1068); name69 = x.attr69(1069)
        name70 = x.attr70(1070); name71 = x.attr71(1071); name72 = x.attr72(1072); name73 = x.attr73(1073); name74 = x.attr74(1074); name75 = x.attr75(1075); name76 = x.attr76(1076); name77 = x.attr77(1077); name78 = x.attr78(1078); name79 = x.attr79(1079)
        name80 = x.attr80(1080); name81 = x.attr81(1081); name82 = x.attr82(1082); name83 = x.attr83(1083); name84 = x.attr84(1084); name85 = x.attr85(1085); name86 = x.attr86(1086); name87 = x.attr87(1087); name88 = x.attr88(1088); name89 = x.attr89(1089)
        name90 = x.attr90(1090); name91 = x.attr91(1091); name92 = x.attr92(1092); name93 = x.attr93(1093); name94 = x.attr94(1094); name95 = x.attr95(1095); name96 = x.attr96(1096); name97 = x.attr97(1097); name98 = x.attr98(1098); name99 = x.attr99(1099)
        name100 = x.attr100(1100); name101 = x.attr101(1101); name102 = x.attr102(1102); name103 = x.attr103(1103); name104 = x.attr104(1104); name105 = x.attr105(1105); name106 = x.attr106(1106); name107 = x.attr107(1107); name108 = x.attr108(1108); name109 = x.attr109(1109)
        name110 = x.attr110(1110); name111 = x.attr111(1111); name112 = x.attr112(1112); name113 = x.attr113(1113); name114 = x.attr114(1114); name115 = x.attr115(1115); name116 = x.attr116(1116); name117 = x.attr117(1117); name118 = x.attr118(1118); name119 = x.attr119(1119)
        name120 = x.attr120(1120); name121 = x.attr121(1121); name122 = x.attr122(1122); name123 = x.attr123(1123); name124 = x.attr124(1124); name125 = x.attr125(1125); name126 = x.attr126(1126); name127 = x.attr127(1127); name128 = x.attr128(1128); name129 = x.attr129(1129)
        if x: break
    return name0, name129
