"""Words and phrases in German, French, Spanish and Italian."""

LANGUAGES = ["German", "French", "Spanish", "Italian"]
CODES = {"German": "de", "French": "fr", "Spanish": "es", "Italian": "it"}

# English: German, French, Spanish, Italian. Nouns are without an article, in the singular.
WORDS = {english: dict(zip(LANGUAGES, others.split(","))) for english, others in (line.split("=") for line in """
apple=Apfel,pomme,manzana,mela|arm=Arm,bras,brazo,braccio|aunt=Tante,tante,tía,zia|autumn=Herbst,automne,otoño,autunno
bag=Tasche,sac,bolsa,borsa|beach=Strand,plage,playa,spiaggia|bed=Bett,lit,cama,letto|beer=Bier,bière,cerveza,birra
bird=Vogel,oiseau,pájaro,uccello|black=schwarz,noir,negro,nero|blood=Blut,sang,sangre,sangue|blue=blau,bleu,azul,blu
boat=Boot,bateau,barco,barca|book=Buch,livre,libro,libro|bottle=Flasche,bouteille,botella,bottiglia|boy=Junge,garçon,niño,ragazzo
bread=Brot,pain,pan,pane|bridge=Brücke,pont,puente,ponte|brother=Bruder,frère,hermano,fratello|butter=Butter,beurre,mantequilla,burro
car=Auto,voiture,coche,macchina|cat=Katze,chat,gato,gatto|chair=Stuhl,chaise,silla,sedia|cheese=Käse,fromage,queso,formaggio
chicken=Huhn,poulet,pollo,pollo|child=Kind,enfant,niño,bambino|church=Kirche,église,iglesia,chiesa|city=Stadt,ville,ciudad,città
cloud=Wolke,nuage,nube,nuvola|coat=Mantel,manteau,abrigo,cappotto|coffee=Kaffee,café,café,caffè|cold=kalt,froid,frío,freddo
country=Land,pays,país,paese|cow=Kuh,vache,vaca,mucca|cup=Tasse,tasse,taza,tazza|daughter=Tochter,fille,hija,figlia
day=Tag,jour,día,giorno|doctor=Arzt,médecin,médico,medico|dog=Hund,chien,perro,cane|door=Tür,porte,puerta,porta
dress=Kleid,robe,vestido,vestito|ear=Ohr,oreille,oreja,orecchio|earth=Erde,terre,tierra,terra|egg=Ei,œuf,huevo,uovo
eight=acht,huit,ocho,otto|evening=Abend,soir,tarde,sera|eye=Auge,œil,ojo,occhio|face=Gesicht,visage,cara,faccia
family=Familie,famille,familia,famiglia|father=Vater,père,padre,padre|finger=Finger,doigt,dedo,dito|fire=Feuer,feu,fuego,fuoco
fish=Fisch,poisson,pez,pesce|five=fünf,cinq,cinco,cinque|flower=Blume,fleur,flor,fiore|foot=Fuß,pied,pie,piede
forest=Wald,forêt,bosque,foresta|four=vier,quatre,cuatro,quattro|Friday=Freitag,vendredi,viernes,venerdì|friend=Freund,ami,amigo,amico
fruit=Obst,fruit,fruta,frutta|garden=Garten,jardin,jardín,giardino|girl=Mädchen,fille,niña,ragazza|glass=Glas,verre,vaso,bicchiere
gold=Gold,or,oro,oro|good=gut,bon,bueno,buono|grandfather=Großvater,grand-père,abuelo,nonno|grandmother=Großmutter,grand-mère,abuela,nonna
green=grün,vert,verde,verde|hair=Haar,cheveux,pelo,capelli|hand=Hand,main,mano,mano|happy=glücklich,heureux,feliz,felice
hat=Hut,chapeau,sombrero,cappello|head=Kopf,tête,cabeza,testa|heart=Herz,cœur,corazón,cuore|horse=Pferd,cheval,caballo,cavallo
hour=Stunde,heure,hora,ora|house=Haus,maison,casa,casa|hundred=hundert,cent,cien,cento|hunger=Hunger,faim,hambre,fame
ice=Eis,glace,hielo,ghiaccio|island=Insel,île,isla,isola|key=Schlüssel,clé,llave,chiave|king=König,roi,rey,re
kitchen=Küche,cuisine,cocina,cucina|knife=Messer,couteau,cuchillo,coltello|lake=See,lac,lago,lago|lamp=Lampe,lampe,lámpara,lampada
leg=Bein,jambe,pierna,gamba|lemon=Zitrone,citron,limón,limone|letter=Brief,lettre,carta,lettera|life=Leben,vie,vida,vita
love=Liebe,amour,amor,amore|man=Mann,homme,hombre,uomo|market=Markt,marché,mercado,mercato|meat=Fleisch,viande,carne,carne
milk=Milch,lait,leche,latte|Monday=Montag,lundi,lunes,lunedì|money=Geld,argent,dinero,soldi|month=Monat,mois,mes,mese
moon=Mond,lune,luna,luna|morning=Morgen,matin,mañana,mattina|mother=Mutter,mère,madre,madre|mountain=Berg,montagne,montaña,montagna
mouth=Mund,bouche,boca,bocca|music=Musik,musique,música,musica|name=Name,nom,nombre,nome|new=neu,nouveau,nuevo,nuovo
night=Nacht,nuit,noche,notte|nine=neun,neuf,nueve,nove|no=nein,non,no,no|nose=Nase,nez,nariz,naso
old=alt,vieux,viejo,vecchio|one=eins,un,uno,uno|orange=Orange,orange,naranja,arancia|paper=Papier,papier,papel,carta
pen=Stift,stylo,bolígrafo,penna|pig=Schwein,cochon,cerdo,maiale|potato=Kartoffel,pomme de terre,patata,patata|queen=Königin,reine,reina,regina
rain=Regen,pluie,lluvia,pioggia|red=rot,rouge,rojo,rosso|rice=Reis,riz,arroz,riso|river=Fluss,rivière,río,fiume
road=Straße,route,camino,strada|room=Zimmer,chambre,habitación,stanza|salt=Salz,sel,sal,sale|Saturday=Samstag,samedi,sábado,sabato
school=Schule,école,escuela,scuola|sea=Meer,mer,mar,mare|seven=sieben,sept,siete,sette|ship=Schiff,navire,barco,nave
shirt=Hemd,chemise,camisa,camicia|shoe=Schuh,chaussure,zapato,scarpa|silver=Silber,argent,plata,argento|sister=Schwester,sœur,hermana,sorella
six=sechs,six,seis,sei|sky=Himmel,ciel,cielo,cielo|small=klein,petit,pequeño,piccolo|snow=Schnee,neige,nieve,neve
son=Sohn,fils,hijo,figlio|soup=Suppe,soupe,sopa,zuppa|spoon=Löffel,cuillère,cuchara,cucchiaio|spring=Frühling,printemps,primavera,primavera
star=Stern,étoile,estrella,stella|stone=Stein,pierre,piedra,pietra|street=Straße,rue,calle,via|sugar=Zucker,sucre,azúcar,zucchero
summer=Sommer,été,verano,estate|sun=Sonne,soleil,sol,sole|Sunday=Sonntag,dimanche,domingo,domenica|table=Tisch,table,mesa,tavolo
tea=Tee,thé,té,tè|ten=zehn,dix,diez,dieci|three=drei,trois,tres,tre|Thursday=Donnerstag,jeudi,jueves,giovedì
time=Zeit,temps,tiempo,tempo|tooth=Zahn,dent,diente,dente|train=Zug,train,tren,treno|tree=Baum,arbre,árbol,albero
Tuesday=Dienstag,mardi,martes,martedì|two=zwei,deux,dos,due|uncle=Onkel,oncle,tío,zio|village=Dorf,village,pueblo,villaggio
warm=warm,chaud,cálido,caldo|water=Wasser,eau,agua,acqua|Wednesday=Mittwoch,mercredi,miércoles,mercoledì|week=Woche,semaine,semana,settimana
white=weiß,blanc,blanco,bianco|wind=Wind,vent,viento,vento|window=Fenster,fenêtre,ventana,finestra|wine=Wein,vin,vino,vino
winter=Winter,hiver,invierno,inverno|woman=Frau,femme,mujer,donna|wood=Holz,bois,madera,legno|world=Welt,monde,mundo,mondo
year=Jahr,an,año,anno|yellow=gelb,jaune,amarillo,giallo|yes=ja,oui,sí,sì|young=jung,jeune,joven,giovane
""".strip().replace("\n", "|").split("|"))}

PHRASES = {english: dict(zip(LANGUAGES, others.split("/"))) for english, others in (line.split("=") for line in """
Hello=Hallo/Bonjour/Hola/Ciao
Good morning=Guten Morgen/Bonjour/Buenos días/Buongiorno
Good evening=Guten Abend/Bonsoir/Buenas tardes/Buonasera
Good night=Gute Nacht/Bonne nuit/Buenas noches/Buonanotte
Goodbye=Auf Wiedersehen/Au revoir/Adiós/Arrivederci
Thank you=Danke/Merci/Gracias/Grazie
Thank you very much=Vielen Dank/Merci beaucoup/Muchas gracias/Grazie mille
Please=Bitte/S'il vous plaît/Por favor/Per favore
How are you?=Wie geht es dir?/Comment ça va ?/¿Cómo estás?/Come stai?
I am fine=Mir geht es gut/Je vais bien/Estoy bien/Sto bene
What is your name?=Wie heißt du?/Comment t'appelles-tu ?/¿Cómo te llamas?/Come ti chiami?
I love you=Ich liebe dich/Je t'aime/Te quiero/Ti amo
Excuse me=Entschuldigung/Excusez-moi/Perdón/Scusi
I am sorry=Es tut mir leid/Je suis désolé/Lo siento/Mi dispiace
See you tomorrow=Bis morgen/À demain/Hasta mañana/A domani
See you later=Bis später/À plus tard/Hasta luego/A dopo
Welcome=Willkommen/Bienvenue/Bienvenidos/Benvenuti
Happy birthday=Alles Gute zum Geburtstag/Joyeux anniversaire/Feliz cumpleaños/Buon compleanno
Good luck=Viel Glück/Bonne chance/Buena suerte/Buona fortuna
I do not know=Ich weiß es nicht/Je ne sais pas/No lo sé/Non lo so
I do not understand=Ich verstehe nicht/Je ne comprends pas/No entiendo/Non capisco
Where is the station?=Wo ist der Bahnhof?/Où est la gare ?/¿Dónde está la estación?/Dov'è la stazione?
How much is it?=Wie viel kostet das?/Combien ça coûte ?/¿Cuánto cuesta?/Quanto costa?
What time is it?=Wie spät ist es?/Quelle heure est-il ?/¿Qué hora es?/Che ore sono?
I am hungry=Ich habe Hunger/J'ai faim/Tengo hambre/Ho fame
I am thirsty=Ich habe Durst/J'ai soif/Tengo sed/Ho sete
I am tired=Ich bin müde/Je suis fatigué/Estoy cansado/Sono stanco
My name is Anna=Ich heiße Anna/Je m'appelle Anna/Me llamo Anna/Mi chiamo Anna
The house is big=Das Haus ist groß/La maison est grande/La casa es grande/La casa è grande
The cat is black=Die Katze ist schwarz/Le chat est noir/El gato es negro/Il gatto è nero
""".strip().split("\n"))}
